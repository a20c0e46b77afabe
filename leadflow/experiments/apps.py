from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    """A/B tests: variants of a document, shared out among people."""

    name = "leadflow.experiments"
    label = "experiments"
    default_auto_field = "django.db.models.BigAutoField"

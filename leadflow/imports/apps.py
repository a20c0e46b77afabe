from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """The import engine and its ledger."""

    name = "leadflow.imports"
    label = "imports"
    default_auto_field = "django.db.models.BigAutoField"

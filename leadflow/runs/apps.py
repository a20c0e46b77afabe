from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Long work as rows."""

    name = "leadflow.runs"
    label = "runs"
    default_auto_field = "django.db.models.BigAutoField"

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Screens that show several stages."""

    name = "leadflow.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

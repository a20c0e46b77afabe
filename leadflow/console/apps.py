from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Settings, people and sign-in screens."""

    name = "leadflow.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"

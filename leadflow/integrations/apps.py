from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """API keys and hooks."""

    name = "leadflow.integrations"
    label = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The shell that every page shares."""

    name = "leadflow.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

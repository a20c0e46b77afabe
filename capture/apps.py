from django.apps import AppConfig


class CaptureConfig(AppConfig):
    """Forms, landing pages, visits and submissions."""

    name = "capture"
    default_auto_field = "django.db.models.BigAutoField"

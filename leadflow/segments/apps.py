from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """Static and dynamic lists of leads."""

    name = "leadflow.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"

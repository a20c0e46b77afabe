from django.apps import AppConfig


class TimelineConfig(AppConfig):
    """How each fact reads on a timeline."""

    name = "leadflow.timeline"
    label = "timeline"
    default_auto_field = "django.db.models.BigAutoField"

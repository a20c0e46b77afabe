from django.apps import AppConfig


class NurturingConfig(AppConfig):
    """Sequences, enrolments and broadcasts."""

    name = "nurturing"
    default_auto_field = "django.db.models.BigAutoField"

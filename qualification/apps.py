from django.apps import AppConfig


class QualificationConfig(AppConfig):
    """Score models, BANT and disqualification."""

    name = "qualification"
    default_auto_field = "django.db.models.BigAutoField"

from django.apps import AppConfig


class LeadflowConfig(AppConfig):
    """The shared core: the Lead and all that two stages need."""

    name = "leadflow"
    label = "leadflow"
    default_auto_field = "django.db.models.BigAutoField"

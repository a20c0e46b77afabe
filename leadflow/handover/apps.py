from django.apps import AppConfig


class HandoverConfig(AppConfig):
    """The contract between marketing and sales."""

    name = "leadflow.handover"
    label = "handover"
    default_auto_field = "django.db.models.BigAutoField"

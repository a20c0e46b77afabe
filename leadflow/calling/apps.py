from django.apps import AppConfig


class CallingConfig(AppConfig):
    """Lists of people to call, worked by several at once."""

    name = "leadflow.calling"
    label = "calling"
    default_auto_field = "django.db.models.BigAutoField"

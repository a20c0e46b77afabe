from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """What tells a person something."""

    name = "leadflow.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The event log and its relay."""

    name = "leadflow.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"

from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    """Working hours, leave and business time."""

    name = "leadflow.calendars"
    label = "calendars"
    default_auto_field = "django.db.models.BigAutoField"

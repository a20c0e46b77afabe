from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    """Working hours, leave, business time, and what visitors book of it."""

    name = "leadflow.calendars"
    label = "calendars"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the rows of a person known to privacy, and booking links to those who write mails."""
        from leadflow.calendars import bookings, merge_fields  # noqa: PLC0415 models load after the apps
        from leadflow.mail.merge_fields import add  # noqa: PLC0415
        from leadflow.services.privacy import Holder, register  # noqa: PLC0415

        register(Holder("bookings", bookings.personal_rows, bookings.erase))
        add(merge_fields.paths, merge_fields.values)

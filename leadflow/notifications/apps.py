from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """What tells a person something."""

    name = "leadflow.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leadflow.notifications.privacy import HOLDER  # noqa: PLC0415 - models load after the apps
        from leadflow.services.privacy import register  # noqa: PLC0415

        register(HOLDER)

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Settings, people and sign-in screens."""

    name = "leadflow.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the rules of channels known; their screen is here."""
        from leadflow.services import channels  # noqa: PLC0415 models are not loaded before

        channels.install()

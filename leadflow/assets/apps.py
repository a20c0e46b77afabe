from django.apps import AppConfig


class AssetsConfig(AppConfig):
    """Files, gated links and content items."""

    name = "leadflow.assets"
    label = "assets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let rules ask what people saw."""
        from leadflow.assets import asking, attachments  # noqa: PLC0415 models are not loaded before
        from leadflow.services import privacy  # noqa: PLC0415 the same

        asking.install()
        privacy.register(attachments.HOLDER)

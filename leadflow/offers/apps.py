from django.apps import AppConfig


class OffersConfig(AppConfig):
    """Offers with a window, a code and a limit, and who was given one."""

    name = "leadflow.offers"
    label = "offers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let rules ask who was given what, and privacy find it."""
        from leadflow.offers import asking, services  # noqa: PLC0415 models are not loaded before
        from leadflow.services import privacy  # noqa: PLC0415

        asking.install()
        privacy.register(privacy.Holder("offers", services.personal_rows, services.erase))

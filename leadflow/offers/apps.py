from django.apps import AppConfig


class OffersConfig(AppConfig):
    """Offers with a window, a code and a limit, and who was given one."""

    name = "leadflow.offers"
    label = "offers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let rules ask who was given what, mails name it, and privacy find it."""
        from leadflow.mail import merge_fields  # noqa: PLC0415
        from leadflow.offers import asking, services  # noqa: PLC0415 models are not loaded before
        from leadflow.services import privacy  # noqa: PLC0415

        asking.install()
        merge_fields.add_passed(services.EXAMPLE)
        privacy.register(privacy.Holder("offers", services.personal_rows, services.erase))

from django.apps import AppConfig


class HandoverConfig(AppConfig):
    """The contract between marketing and sales."""

    name = "leadflow.handover"
    label = "handover"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leadflow.handover.privacy import HOLDER  # noqa: PLC0415  models exist only now
        from leadflow.services.privacy import register  # noqa: PLC0415

        register(HOLDER)

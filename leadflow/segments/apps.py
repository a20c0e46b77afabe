from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """Static and dynamic lists of leads."""

    name = "leadflow.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leadflow.segments import fields  # noqa: PLC0415 - models load after the apps
        from leadflow.segments.privacy import HOLDER  # noqa: PLC0415
        from leadflow.services.privacy import register  # noqa: PLC0415

        fields.install()
        register(HOLDER)

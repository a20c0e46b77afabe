from django.apps import AppConfig


class DistributionConfig(AppConfig):
    """Pools, routing rules, assignments and response clocks."""

    name = "distribution"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from distribution.services import policy  # noqa: PLC0415  models exist only now
        from distribution.services.privacy import HOLDER  # noqa: PLC0415
        from leadflow.services.privacy import register  # noqa: PLC0415

        policy.install()
        register(HOLDER)

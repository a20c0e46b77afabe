from django.apps import AppConfig


class DistributionConfig(AppConfig):
    """Pools, routing rules, assignments and response clocks."""

    name = "distribution"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from distribution.services import policy  # noqa: PLC0415  models exist only now

        policy.install()

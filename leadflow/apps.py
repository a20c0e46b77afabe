from django.apps import AppConfig


class LeadflowConfig(AppConfig):
    """The shared core: the Lead and all that two stages need."""

    name = "leadflow"
    label = "leadflow"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Handlers import models, which exist only once every app is loaded.
        from leadflow import checks  # noqa: F401, PLC0415
        from leadflow.conditions import core_fields  # noqa: PLC0415
        from leadflow.events import registry  # noqa: PLC0415
        from leadflow.lifecycle import REACTIONS  # noqa: PLC0415

        registry.install(REACTIONS)
        core_fields.install()

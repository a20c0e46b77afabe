from django.apps import AppConfig
from django.conf import settings

from leadflow.kit import clock


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
        from leadflow.services import (  # noqa: PLC0415
            company_duplicates,
            company_emptying,
            duplicates,
            merging_batches,
            retention,
        )
        from leadflow.services.lookups import install, own  # noqa: PLC0415

        if settings.TIME_SCALE != 1.0:
            epoch = clock.shared_epoch(settings.VAR_DIR / "clock-epoch")
            clock.configure(settings.TIME_SCALE, epoch)
        registry.install(REACTIONS)
        core_fields.install()
        retention.install()
        retention.register_trash(company_emptying.empty)
        duplicates.install()
        company_duplicates.install()
        merging_batches.install()
        install(*own.OWN)

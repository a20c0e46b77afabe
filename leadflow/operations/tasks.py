"""Ticks of running an installation."""

import platform
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings

from leadflow.kit import stopping
from leadflow.kit.clock import now
from leadflow.operations import backup, vigil
from leadflow.operations.models import Heartbeat
from leadflow.services import accounts, company_duplicates, duplicates, retention, returning


@shared_task(time_limit=3600)  # type: ignore[untyped-decorator]
def nightly_backup() -> None:
    """Write the day's backup where none was written yet, and drop the oldest."""
    backup.write_nightly(settings.BACKUP_DIR, at=now(), keep=settings.BACKUP_KEEP)


@shared_task(time_limit=600)  # type: ignore[untyped-decorator]
def keep_promises() -> None:
    """Bring recycled leads back on their day, empty the trash, begin the night's erasing, find duplicates,
    keep the day's scores of target companies."""
    returning.bring_back_due()
    retention.empty_trash()
    retention.begin_once_a_night(now())
    duplicates.forget_settled()
    duplicates.begin_once_a_night(now())
    company_duplicates.forget_settled()
    company_duplicates.begin_once_a_night(now())
    accounts.keep_scores()


@shared_task  # type: ignore[untyped-decorator]
def heartbeat() -> None:
    """Say that beat, broker and this worker live."""
    Heartbeat.objects.beat(platform.node())


def finish_up(**_more: Any) -> None:
    """A worker was asked to stop: what is in hand is finished, what is only claimed is given back."""
    stopping.ask()


worker_ready.connect(vigil.begin, weak=False)
worker_shutting_down.connect(finish_up, weak=False)

"""When the relay runs: woken by a commit, and swept."""

import time

from celery import shared_task
from django.db import connection, transaction

from leadflow.events import log, relay

# Longest stretch of one task; what is left is the next task's. Well under the task time limit.
STRETCH = 60.0
WAITER = relay.LOCK + 1


@shared_task(time_limit=120)  # type: ignore[untyped-decorator]
def wake() -> None:
    """A transaction recorded something: dispatch it.

    Where another relay is at work it may just have read for the last time, so one wake, and one
    only, waits a second and looks again.
    """
    report = relay.run(seconds=STRETCH)
    if report.busy and _waited_alone():
        report = relay.run(seconds=STRETCH)
    if report.more:
        log.wake_relay()


@shared_task(time_limit=120)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Dispatch what a lost wake left behind."""
    if relay.run(seconds=STRETCH).more:
        log.wake_relay()


def _waited_alone() -> bool:
    """Wait a second, unless another wake waits already."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [WAITER])
        if not cursor.fetchone()[0]:
            return False
        time.sleep(1)
    return True

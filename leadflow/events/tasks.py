"""When the relay runs: woken by a commit, and swept."""

from celery import shared_task

from leadflow.events import log, relay
from leadflow.events.bell import HINT
from leadflow.kit import hints

# Longest stretch of one task; what is left is the next task's. Well under the task time limit.
STRETCH = 60.0


@shared_task(time_limit=120)  # type: ignore[untyped-decorator]
def wake() -> None:
    """A transaction recorded something: dispatch it, unless a relay that works will see it."""
    _dispatch()


@shared_task(time_limit=120)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Dispatch what a lost wake left behind."""
    _dispatch()


def _dispatch() -> None:
    # what reactions record is read before this ends; who sends their mail looks once for many batches
    with hints.needless(HINT), hints.spaced_out(every=10):
        report = relay.run(seconds=STRETCH)
    if report.more:
        log.wake_relay()

"""Ticks: what is due is a row; these only say "look"."""

from celery import shared_task

from distribution.services import clocks
from leadflow.handover import services as handovers


@shared_task  # type: ignore[untyped-decorator]
def watch_clocks() -> None:
    """Report leads that waited too long, and end hand-overs that nobody answered."""
    handovers.expire_due()
    clocks.warn_due()

"""Ticks of scoring."""

from celery import shared_task

from leadflow.kit import clock
from qualification.services import changeover, scoring


@shared_task  # type: ignore[untyped-decorator]
def score_crossings() -> None:
    """Score the leads whose decay crosses a line about now."""
    scoring.rescore_due()


@shared_task  # type: ignore[untyped-decorator]
def nightly_sweep() -> None:
    """Score everybody once a local day: the safety net under events and crossings."""
    changeover.sweep_once_a_day(clock.now())

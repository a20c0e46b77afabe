"""Ticks of scoring."""

from celery import shared_task

from qualification.services import scoring


@shared_task  # type: ignore[untyped-decorator]
def score_crossings() -> None:
    """Score the leads whose decay crosses a line about now."""
    scoring.rescore_due()


@shared_task(time_limit=3_600)  # type: ignore[untyped-decorator]
def nightly_sweep() -> None:
    """Score everybody: the safety net under events and crossings."""
    scoring.rescore_all()

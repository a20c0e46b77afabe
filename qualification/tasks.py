"""Ticks of scoring."""

from celery import shared_task

from qualification.services import scoring


@shared_task
def score_crossings() -> None:
    """Score the leads whose decay crosses a line about now."""
    scoring.rescore_due()


@shared_task(time_limit=3_600)
def nightly_sweep() -> None:
    """Score everybody: the safety net under events and crossings."""
    scoring.rescore_all()

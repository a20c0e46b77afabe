"""The stage's tick."""

from celery import shared_task

from capture.services import limits, submissions


@shared_task(time_limit=120)  # type: ignore[untyped-decorator]
def sweep_submissions() -> None:
    """Try answers again that could not become leads at once, and forget old counts of knocks."""
    submissions.sweep()
    limits.forget()

"""The stage's ticks."""

from celery import shared_task

from capture.services import later, limits, openings, quarantine, submissions, visits
from leadflow.assets import uploads
from leadflow.kit import clock


@shared_task(time_limit=120)  # type: ignore[untyped-decorator]
def sweep_submissions() -> None:
    """Try answers again that could not become leads at once; remind of forms left; forget what is over."""
    submissions.sweep()
    limits.forget()
    uploads.drop_unclaimed()
    later.note_left()
    later.forget()


@shared_task(time_limit=120)  # type: ignore[untyped-decorator]
def forget() -> None:
    """Drop visits and openings older than the policy keeps them, and what nobody restored in time."""
    visits.forget()
    openings.forget(clock.now())
    quarantine.expire()

"""Ticks: what is stale is a row; these only say "look"."""

from celery import shared_task

from leadflow.segments import services


@shared_task(time_limit=1800)  # type: ignore[untyped-decorator]
def refresh_stale() -> None:
    """Look at every segment once a day: a rule such as "in the last 7 days" changes by itself."""
    services.refresh_stale()

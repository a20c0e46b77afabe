"""The pipeline's periodic work."""

from celery import shared_task

from pipeline.services import upkeep


@shared_task(time_limit=600)  # type: ignore[untyped-decorator]
def spread_ranks() -> None:
    """Give columns with long ranks short ones again, in the same order."""
    upkeep.spread_tired()

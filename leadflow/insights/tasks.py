"""Ticks: what is to be folded or counted is rows; these only say "look"."""

from celery import shared_task

from leadflow.insights import rollups


@shared_task(time_limit=300)  # type: ignore[untyped-decorator]
def roll_up() -> None:
    """Fold what was counted into its days, and go on with a count of everything that is due."""
    rollups.tick()

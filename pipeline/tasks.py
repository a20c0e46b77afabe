"""The pipeline's periodic work."""

from celery import shared_task

from leadflow.kit import clock
from pipeline.services import chances, purchases, quotes, returns, upkeep


@shared_task(time_limit=600)  # type: ignore[untyped-decorator]
def spread_ranks() -> None:
    """Give columns with long ranks short ones again, in the same order."""
    upkeep.spread_tired()


@shared_task(time_limit=600)  # type: ignore[untyped-decorator]
def remind_renewals() -> None:
    """Plan to-dos for the renewals that come near."""
    purchases.remind_renewals()


@shared_task(time_limit=600)  # type: ignore[untyped-decorator]
def expire_quotes() -> None:
    """Mark sent quotes whose last day is over."""
    quotes.expire_due()


@shared_task(time_limit=600)  # type: ignore[untyped-decorator]
def ask_again() -> None:
    """Plan to-dos for lost deals whose day of return has come."""
    returns.ask_again_due()


@shared_task(time_limit=600)  # type: ignore[untyped-decorator]
def count_chances() -> None:
    """Begin the night's count of what came of the deals of each stage."""
    chances.begin_once_a_night(clock.now())

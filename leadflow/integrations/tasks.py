"""The ticks of the doors for other programs."""

from celery import shared_task

from leadflow.integrations import services


@shared_task  # type: ignore[untyped-decorator]
def forget_old() -> None:
    """Drop the answers that were kept for a repeated Idempotency-Key, a day after they were given."""
    services.forget_old()

"""The ticks of the doors for other programs."""

from celery import shared_task

from leadflow.integrations import inbound, services


@shared_task  # type: ignore[untyped-decorator]
def forget_old() -> None:
    """Drop the answers that were kept for a repeated Idempotency-Key, a day after they were given, and
    the calls of hooks that are older than 30 days."""
    services.forget_old()
    inbound.forget()

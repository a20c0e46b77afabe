"""The ticks of the doors for other programs."""

from celery import shared_task

from leadflow.integrations import inbound, outbound, services
from leadflow.kit import stopping


@shared_task  # type: ignore[untyped-decorator]
def forget_old() -> None:
    """Drop the answers that were kept for a repeated Idempotency-Key, a day after they were given, and
    the calls of hooks and the messages of webhooks that are older than 30 days."""
    services.forget_old()
    inbound.forget()
    outbound.forget()


@shared_task(time_limit=115)  # type: ignore[untyped-decorator]
def deliver_due() -> None:
    """Send the webhooks that are due."""
    outbound.deliver_due(stop=stopping.is_asked)

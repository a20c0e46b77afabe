"""Celery's side of sending: a hint that makes a process look at the table."""

from celery import shared_task

from leadflow.kit import stopping
from leadflow.mail import (
    confirming,
    copies,
    domains,
    engagement,
    guarding,
    inbound,
    polling,
    sender,
    wake,
)

_LIMIT = 5_000  # its minute ends before; one hint for so many, where sending is that fast


@shared_task(name="leadflow.mail.tasks.send_due", time_limit=115)  # type: ignore[untyped-decorator]
def send_due() -> None:
    """Send what is due; woken on commit and swept by a tick. More than a batch wakes another."""
    if sender.send_due(limit=_LIMIT, seconds=60, stop=stopping.is_asked) >= _LIMIT:
        wake.now()


@shared_task(time_limit=600)  # type: ignore[untyped-decorator]
def follow_confirmations() -> None:
    """Remind those who have not confirmed yet; forget subscribers who never did."""
    confirming.remind_due()
    confirming.forget_unconfirmed()
    inbound.forget()


@shared_task(name="leadflow.mail.tasks.poll_due", time_limit=600)  # type: ignore[untyped-decorator]
def poll_due() -> None:
    """Look into the mailboxes whose time has come, and put copies into Sent folders."""
    copies.keep_due(stop=stopping.is_asked)
    polling.poll_due(stop=stopping.is_asked)


@shared_task(name="leadflow.mail.tasks.check_domains", time_limit=500)  # type: ignore[untyped-decorator]
def check_domains() -> None:
    """Ask DNS whether the domains of addresses take mail."""
    domains.check_due(stop=stopping.is_asked)


@shared_task(name="leadflow.mail.tasks.watch_senders")  # type: ignore[untyped-decorator]
def watch_senders() -> None:
    """Pause the marketing of a sender about whom too many complain."""
    guarding.watch()


@shared_task(name="leadflow.mail.tasks.settle_clicks")  # type: ignore[untyped-decorator]
def settle_clicks() -> None:
    """Say of early clicks what the minute that followed tells."""
    engagement.settle()

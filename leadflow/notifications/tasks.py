"""The tick of reminders."""

from celery import shared_task

from leadflow.notifications import reminders


@shared_task  # type: ignore[untyped-decorator]
def remind() -> None:
    """Tell people what of theirs falls due."""
    reminders.remind_due()

"""Periodic work of the console."""

from celery import shared_task

from leadflow.console import resets
from leadflow.services import hosts


@shared_task  # type: ignore[untyped-decorator]
def answer_resets() -> None:
    """Send the links that people who forgot their passwords wait for."""
    resets.answer_waiting()


@shared_task  # type: ignore[untyped-decorator]
def check_hosts() -> None:
    """Look again whether the organisation's host names still lead here."""
    hosts.check_due()

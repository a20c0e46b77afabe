"""Periodic work of the console."""

from celery import shared_task

from leadflow.console import resets


@shared_task  # type: ignore[untyped-decorator]
def answer_resets() -> None:
    """Send the links that people who forgot their passwords wait for."""
    resets.answer_waiting()

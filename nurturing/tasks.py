"""Ticks: what is due is a row; these only say "look"."""

from celery import shared_task

from leadflow.kit import hints
from nurturing.services import advancing, sending, texting, winners
from nurturing.services.automations import ticking

_MOST = 20  # batches in one tick; the rest is the next tick's


@shared_task(time_limit=110)  # type: ignore[untyped-decorator]
def advance_due() -> None:
    """Take the walks whose time has come one step further."""
    with hints.saved_up():
        for _round in range(_MOST):
            if advancing.advance_due() < advancing.BATCH:
                break


@shared_task(time_limit=110)  # type: ignore[untyped-decorator]
def push_broadcasts() -> None:
    """Start the runs of the broadcasts that have something to do."""
    sending.push_due()


@shared_task(time_limit=110)  # type: ignore[untyped-decorator]
def send_texts() -> None:
    """Send the text messages that are due."""
    texting.send_due()


@shared_task(time_limit=500)  # type: ignore[untyped-decorator]
def decide_ways() -> None:
    """End the comparisons of splits whose time has come."""
    winners.decide_due()


@shared_task(time_limit=500)  # type: ignore[untyped-decorator]
def watch_moments() -> None:
    """Let automations meet what no fact tells of: nothing happened for days, an offer ends soon."""
    ticking.look_for_moments()
    ticking.forget()

"""The hint that there is mail to send. Losing it costs ten seconds: the tick sweeps the table."""

import logging

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import KombuError

from leadflow.kit import hints

logger = logging.getLogger(__name__)


def on_commit() -> None:
    """Wake a sender when this transaction has committed; once per transaction."""
    if connection.in_atomic_block and any(row[1] is now for row in connection.run_on_commit):
        return
    transaction.on_commit(now, robust=True)


def now() -> None:
    """Say that there is work; a broker that is down is no reason to fail."""
    hints.give("mail", _send)


def _send() -> None:
    try:
        current_app.send_task("leadflow.mail.tasks.send_due", retry=False, ignore_result=True)
    except (KombuError, OSError) as error:
        logger.warning("No sender was woken, the tick will do it: %s", error)

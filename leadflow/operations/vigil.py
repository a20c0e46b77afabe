"""A worker that stopped listening ends itself, so that its supervisor starts it anew.

After a break of Redis a Celery worker can live on without taking up messages. It is asked over the
broker, as everybody else would reach it; no answer for 90 seconds while Redis itself answers means
that it will never hear again. What it had claimed is taken up by others when the lease ends.
"""

import logging
import os
import threading
import time
from typing import Any

from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis, RedisError

EVERY, DEAF_AFTER = 20.0, 90.0
log = logging.getLogger(__name__)


def begin(sender: Any, **_more: Any) -> None:
    """Keep watch over the worker that has just become ready; only where Redis is the broker."""
    if settings.REDIS_URL:
        args = (sender.app, sender.hostname)
        threading.Thread(target=_watch, args=args, name="vigil", daemon=True).start()


def _watch(app: Celery, hostname: str) -> None:
    heard = time.monotonic()
    while True:
        time.sleep(EVERY)
        if _hears(app, hostname) or not _redis_answers():
            heard = time.monotonic()
        elif time.monotonic() - heard > DEAF_AFTER - EVERY:
            log.error("This worker no longer hears its broker; it ends to be started anew.")
            os._exit(1)


def _hears(app: Celery, hostname: str) -> bool:
    """Whether the worker answers a question put to it over the broker."""
    try:
        return bool(app.control.inspect(destination=[hostname], timeout=5.0).ping())
    except (OSError, RedisError, OperationalError, AttributeError):  # the last: half closed
        return False


def _redis_answers() -> bool:
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3) as client:
            return bool(client.ping())
    except (OSError, RedisError):
        return False

"""Telling the relay that there is something to read, past the request that wrote it.

A message to the broker costs a post more than its validation, and a broker that is away would hold
everybody up. So each process has one thread that sends; what is committed while it sends or pauses
shares the next message.
"""

import atexit
import logging
import os
import threading

from celery import current_app

from leadflow.kit import hints

log = logging.getLogger(__name__)

HINT = "relay"
PAUSE = 0.02  # seconds between two messages of one process


class Bell:
    """Rung after each commit that recorded something; sends at once, then at most every PAUSE."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """As new: a child of a fork has the locks of its parent but not the thread."""
        self._lock = threading.Lock()
        self._rung = threading.Event()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Come back at once; the message goes out from the thread."""
        hints.give(HINT, self._ring)

    def _ring(self) -> None:
        self._rung.set()
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while not self._end.is_set() or self._rung.is_set():
            self._rung.wait()
            self._rung.clear()
            send()
            self._end.wait(PAUSE)

    def finish(self) -> None:
        """Before the process ends: what was rung last still goes out."""
        if self._thread is not None and self._rung.is_set():
            self._end.set()
            self._thread.join(timeout=2)


def send() -> None:
    """One message; where it cannot be sent the sweep finds the facts ten seconds later."""
    try:
        current_app.send_task("leadflow.events.tasks.wake", retry=False, expires=10)
    except Exception:
        log.exception("the relay could not be woken; its next sweep reads what is new")


bell = Bell()
os.register_at_fork(after_in_child=bell._forget)
atexit.register(bell.finish)

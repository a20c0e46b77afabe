"""`leadflow up`: web server, Celery worker and beat in one process over the in-memory broker.

Rows in the database say what is due, so this process may be killed at any moment: the next start
goes on from there. Celery's messages are wake-ups only.
"""

import fcntl
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import celery.beat
import celery.worker.state
import waitress
from celery import Celery
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from waitress import wasyncore

from leadflow.errors import LeadflowError
from leadflow.kit import stopping

WORKER = "embedded@localhost"
THREADS_WEB = 8
THREADS_WORKER = 4
# Seconds that a stopping part is waited for; together below the ten that a person waits.
PATIENCE = {"web": 2.0, "beat": 1.0, "worker": 4.0}
WATCH_EVERY = 2.0

log = logging.getLogger(__name__)


class CannotServe(LeadflowError):
    """Something in the surroundings keeps the server from starting; the message says what."""


def stop_on_signals() -> None:
    """Make Ctrl-C, TERM and HUP end this process politely, even where INT was ignored by the caller."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def ignore_signals() -> None:
    """While stopping, an impatient second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the lock of this folder; a second server in it is refused."""
    with (var / "up.lock").open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            held.seek(0)
            raise CannotServe(
                f"LeadFlow is already running in this folder (process {held.read().strip() or '?'}): "
                f"use that one, or stop it with Ctrl-C first."
            ) from error
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        yield


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """The listening address, taken early so that a taken port is told before anything is changed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except (OSError, OverflowError) as error:
            raise CannotServe(_why_not_bound(host, port, error)) from error
        yield sock


def _why_not_bound(host: str, port: int, error: Exception) -> str:
    if isinstance(error, OverflowError):
        return f"PORT={port} is not a port: choose one from 1024 to 65535."
    if isinstance(error, PermissionError):
        return f"This user may not listen on port {port}: choose one above 1023, as in PORT=8000."
    if isinstance(error, socket.gaierror) or "assign" in str(error):
        return f"HOST={host} is no address of this machine: use 127.0.0.1, or 0.0.0.0 for all."
    return f"Port {port} on {host} is taken by another program: stop it, or choose one, as in PORT={port + 1}."


class Parts:
    """Worker and beat as threads, watched: one that died is started again."""

    def __init__(self, app: Celery, *, keep_database: Callable[[], object] | None = None) -> None:
        self.app = app
        self.keep_database = keep_database
        self.stopping = threading.Event()
        self.beat: Any = None
        self.threads: dict[str, threading.Thread] = {}

    def start(self) -> None:
        """Start both and the thread that watches them."""
        self._start_worker()
        self._start_beat()
        self._spawn("watch", self._watch)

    def ask_to_stop(self) -> None:
        """No more ticks, and the worker finishes only what it has in hand."""
        self.stopping.set()
        stopping.ask()
        if self.beat is not None:
            threading.Thread(target=self.beat.stop, daemon=True).start()
        celery.worker.state.should_stop = 0  # a warm shutdown
        if not settings.REDIS_URL:
            # It looks for that only between two waits for a message, of two seconds each. This wakes it;
            # over a Redis, which other installations may share, it would reach their workers too.
            # It would warn that somebody asked.
            logging.getLogger("celery.worker.control").setLevel(logging.ERROR)
            self.app.control.shutdown(destination=[WORKER])

    def wait_until_stopped(self) -> None:
        """Wait as long as a person's patience allows."""
        for name in ("beat", "worker"):
            self.threads[name].join(PATIENCE[name])

    def _spawn(self, name: str, target: Callable[[], object]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self.threads[name] = thread
        thread.start()

    def _start_worker(self) -> None:
        ready = threading.Event()

        def work() -> None:
            controller = self.app.WorkController(
                pool_cls="threads",
                concurrency=THREADS_WORKER,
                loglevel="WARNING",
                without_heartbeat=True,
                without_mingle=True,
                without_gossip=True,
                hostname=WORKER,
                ready_callback=lambda _worker: ready.set(),
            )
            with suppress(SystemExit):
                controller.start()

        self._spawn("worker", work)
        ready.wait(20)

    def _start_beat(self) -> None:
        # In memory: every tick is a fixed interval, so there is nothing to remember in a file.
        self.beat = celery.beat.Service(
            self.app, scheduler_cls=celery.beat.Scheduler, max_interval=1.0
        )
        self._spawn("beat", self.beat.start)

    def _watch(self) -> None:
        restart = {"worker": self._start_worker, "beat": self._start_beat}
        while not self.stopping.wait(WATCH_EVERY):
            if self.keep_database is not None:
                self._keep_database()
            for name, start in restart.items():
                if not self.threads[name].is_alive() and not self.stopping.is_set():
                    log.error("The %s thread ended; it is started again.", name)
                    start()

    def _keep_database(self) -> None:
        try:
            self.keep_database and self.keep_database()
        except (LeadflowError, OSError) as error:
            log.error("The embedded PostgreSQL is down and does not start: %s", error)  # noqa: TRY400


def serve(sock: socket.socket, parts: Parts, *, announce: Callable[[], None]) -> None:
    """Serve until a signal asks to stop; returns when everything has stopped."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        get_wsgi_application(),
        map=sockets,
        sockets=[sock],
        threads=THREADS_WEB,
        ident=None,
        clear_untrusted_proxy_headers=True,
        channel_timeout=60,
    )
    parts.start()
    try:
        announce()
        wasyncore.loop(timeout=1, map=sockets, use_poll=True)
    except KeyboardInterrupt:
        pass
    finally:
        ignore_signals()
        parts.ask_to_stop()
        server.task_dispatcher.shutdown(timeout=PATIENCE["web"])
        parts.wait_until_stopped()
        stop_children()


def stop_children(patience: float = 1.5) -> None:
    """End the child processes of long runs; their rows let the next start resume them."""
    children = _children(os.getpid())
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + patience
    while children and time.monotonic() < until:
        children = [pid for pid in children if _lives(pid)]
        time.sleep(0.05)
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task")
    pids: list[int] = []
    for file in listed.glob("*/children"):
        with suppress(OSError):
            pids += [int(word) for word in file.read_text().split()]
    return pids


def _lives(pid: int) -> bool:
    with suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

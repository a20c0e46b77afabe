"""`leadflow run_work 12`: work on one run in this process."""

import os
import signal
import threading
import time
import uuid
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leadflow.runs import children, leasing, working
from leadflow.runs.models import Run

# Seconds that the chunk at hand may take once this process is asked to end.
PATIENCE = 5.0


class Command(BaseCommand):
    """Work on one run in this process; the product starts it, a person may too."""

    help = "Work on one run in this process.\n\n  leadflow run_work 12"
    requires_system_checks: list[str] = []  # they load every page, which a run never shows

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int)
        parser.add_argument("token", type=uuid.UUID, nargs="?", help="of a run claimed already")

    def handle(self, *_args: Any, run: int, token: uuid.UUID | None, **_options: Any) -> None:
        row = (
            Run.objects.filter(pk=run, token=token, state=Run.State.RUNNING).first()
            if token
            else leasing.claim(heavy=True, run_id=run) or leasing.claim(heavy=False, run_id=run)
        )
        if row is None:
            raise CommandError(
                "That run is not to be worked on: it ended, or another process has it."
            )
        stopping = threading.Event()
        _stop_when_asked(stopping, with_parent=token is not None)
        os.nice(5)  # pages come first
        self.stdout.write(working.execute(row, stopping))


def _stop_when_asked(stopping: threading.Event, *, with_parent: bool) -> None:
    """End after the chunk at hand on TERM or INT, and when the process that started this one dies."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked)
    threading.Thread(
        target=_watch, args=(stopping, os.getppid() if with_parent else None), daemon=True
    ).start()


def _watch(stopping: threading.Event, parent: int | None) -> None:
    while not stopping.wait(1.0):
        if parent is not None and children.orphaned(parent):
            stopping.set()
    time.sleep(PATIENCE)
    os._exit(75)  # the chunk is rolled back by the database, the lease lapses

"""A process of its own for a heavy run, so that no page and no task waits for it."""

import os
import subprocess
import sys
import threading
import time

from django.conf import settings
from django.db import connection

from leadflow.runs import leasing, services
from leadflow.runs.models import Run


def spawn(run: Run) -> None:
    """Start a child for a claimed run and watch over it from a thread."""
    command = [sys.executable, "-m", "leadflow", "run_work", str(run.pk), str(run.token)]
    child = subprocess.Popen(  # noqa: S603 - our own program, numbers only
        command, stdin=subprocess.DEVNULL, cwd=settings.BASE_DIR
    )
    threading.Thread(
        target=_watch, args=(child, run), name=f"child {child.pid}", daemon=True
    ).start()


def _watch(child: "subprocess.Popen[bytes]", run: Run) -> None:
    """Collect the child; one that died lets go of its run at once, and another run may begin."""
    if child.wait() != 0 and run.token is not None:
        leasing.lapse(run.pk, run.token)
    services.wake()
    connection.close()


def orphaned(parent: int) -> bool:
    """Whether the process that started this one is gone."""
    return os.getppid() != parent


def leave_with(parent: int) -> None:
    """End this process at once when the one that started it is gone: nobody waits for its work."""

    def watch() -> None:
        while not orphaned(parent):
            time.sleep(0.5)
        os._exit(75)

    threading.Thread(target=watch, name="parent", daemon=True).start()

"""`python -m benchmarks.bulk_paths ROWS`: the bulk paths over Redis and a real worker, and how many tasks each took.

Redis and the worker are started here, with the commands of docker-compose.yml. Beat is not: every ten seconds
its ticks are sent from here and taken off the count, for they come whether there is work or not. What is counted
is what the worker says that it took up. Prints {path: {"rows": …, "tasks": …}} as its last line.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, closing
from typing import Any

TICKS = (
    "leadflow.events.tasks.sweep",
    "leadflow.runs.tasks.tick",
    "leadflow.mail.tasks.send_due",
    "nurturing.tasks.push_broadcasts",
    "nurturing.tasks.advance_due",
)
EVERY, PATIENCE = 10.0, 900.0
WORKER = ("--loglevel", "ERROR", "--concurrency", "2", "--without-gossip", "--without-mingle")


def main(rows: int) -> int:
    port = _free_port()
    os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadflow.settings"
    redis = os.environ.get("REDIS_SERVER") or shutil.which("redis-server")
    if redis is None:
        sys.exit("redis-server is missing: apt install redis-server.")
    with ExitStack() as stack:
        _started(stack, [redis, "--port", str(port), "--bind", "127.0.0.1", "--save", ""])
        celery = [sys.executable, "-m", "celery", "--app", "leadflow.celery", "worker"]
        _started(stack, [*celery, *WORKER])
        import django

        django.setup()
        print(json.dumps(_measured(rows)))
    return 0


def _started(stack: ExitStack, words: list[str]) -> None:
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    stack.callback(process.wait, 60)
    stack.callback(process.terminate)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _measured(rows: int) -> dict[str, dict[str, int]]:
    from benchmarks import bulk_work

    office = Office()
    office.wait_for_worker()
    office.wait_until_quiet()  # what other workloads left to be done is none of these paths
    found = {}
    for name, begin in bulk_work.paths(rows).items():
        before = office.hints()
        done = begin()
        office.wait_until_quiet()
        tasks = office.hints() - before
        found[name] = {"rows": done, "tasks": tasks.total()}
        print(f"{name}: {done} rows, {dict(tasks)}", file=sys.stderr)
    return found


class Office:
    """What goes on between here and the worker."""

    def __init__(self) -> None:
        from leadflow.celery import app

        self.app = app
        self.ticks: Counter[str] = Counter()
        self.ticked_at = 0.0

    def hints(self) -> Counter[str]:
        """The tasks that the worker took up, by name, without the ticks sent from here."""
        told = Counter(self._stats()["total"])
        told.subtract(self.ticks)
        return told

    # the one worker answers, and nobody else is waited for
    def _stats(self) -> dict[str, Any]:
        for _try in range(20):
            answers = self.app.control.inspect(timeout=5, limit=1).stats()
            if answers:
                return dict(next(iter(answers.values())))
            time.sleep(1)
        raise RuntimeError("the worker does not answer")

    def wait_for_worker(self) -> None:
        self._stats()

    def tick(self) -> None:
        """Send what beat would, where its time has come."""
        if time.monotonic() - self.ticked_at > EVERY:
            self.ticked_at = time.monotonic()
            for name in TICKS:
                self.app.send_task(name, ignore_result=True)
                self.ticks[name] += 1

    def wait_until_quiet(self) -> None:
        """Wait until nothing is pending anywhere, twice in a row."""
        until, calm = time.monotonic() + PATIENCE, 0
        while calm < 2:
            self.tick()
            time.sleep(1)
            calm = 0 if self._is_busy() else calm + 1
            if time.monotonic() > until:
                raise RuntimeError("the work does not end")

    def _is_busy(self) -> bool:
        from django.utils import timezone

        from leadflow.events.models import Event
        from leadflow.mail.models import UNFINISHED, Delivery
        from leadflow.runs.models import Run
        from nurturing.models import Enrolment

        inspect = self.app.control.inspect(timeout=5, limit=1)
        at_work = [one for tasks in (inspect.active() or {}).values() for one in tasks]
        with self.app.connection_for_read() as connection:
            waiting = connection.default_channel.client.llen("celery")
        return bool(
            at_work
            or waiting
            or Event.objects.filter(dispatched_at=None).exists()
            or Run.objects.filter(finished_at=None).exists()
            or Delivery.objects.filter(state__in=UNFINISHED, due_at__lte=timezone.now()).exists()
            or Enrolment.objects.moving().filter(due_at__lte=timezone.now()).exists()
        )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

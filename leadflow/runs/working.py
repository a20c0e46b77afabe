"""Doing a run: chunks that commit with their checkpoint, a heartbeat, and four ways to end."""

import logging
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from leadflow.errors import LeadflowError
from leadflow.kit import hints
from leadflow.outage import is_outage
from leadflow.people.models import User
from leadflow.runs import leasing
from leadflow.runs.models import Run
from leadflow.runs.registry import kind_of
from leadflow.runs.services import end

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15
State = Run.State


class Stop(BaseException):
    """Leave the work now; not an Exception, so no handler of errors swallows it."""


class Cancelled(Stop):
    """Somebody called the run off."""


class Released(Stop):
    """This process has to end; another one will go on."""


class LeaseLost(Stop):
    """Another process took the run: what this one has not committed is void."""


@dataclass
class Chunk:
    """What a chunk did: by how much it moved the run on, and where the next one begins."""

    by: int = 1
    checkpoint: Mapping[str, Any] | None = None
    note: str | None = None
    total: int | None = None

    def values(self) -> dict[str, Any]:
        """The columns of the run that this chunk changes."""
        given = {"checkpoint": self.checkpoint, "note": self.note, "total": self.total}
        return {name: value for name, value in given.items() if value is not None}


@dataclass
class Work:
    """A run in the hands of its worker. The work function reads `args` and `checkpoint` and loops:

    with work.chunk() as chunk:
        rows = next_rows(after=work.checkpoint.get("line", 0))
        …
        chunk.by, chunk.checkpoint = len(rows), {"line": rows[-1].line}
    """

    run_id: int
    token: uuid.UUID
    args: Mapping[str, Any]
    asker: User | None
    checkpoint: Mapping[str, Any]
    progress: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def chunk(self) -> Iterator[Chunk]:
        """One transaction: the work of the block and the note of how far it came, or neither."""
        if self.stopping.is_set():
            raise Released
        if Run.objects.filter(pk=self.run_id, cancel_requested=True).exists():
            raise Cancelled
        chunk = Chunk()
        with transaction.atomic():
            yield chunk
            if not leasing.advance(self.run_id, self.token, by=chunk.by, **chunk.values()):
                raise LeaseLost
        self.progress += chunk.by
        if chunk.checkpoint is not None:
            self.checkpoint = chunk.checkpoint

    def expect(self, total: int, note: str = "") -> None:
        """Say how much there is to do."""
        leasing.advance(self.run_id, self.token, by=0, total=total, note=note)


def execute(run: Run, stopping: threading.Event | None = None) -> str:
    """Work on a claimed run to its end; the state in which it leaves it. Its chunks wake nobody, their
    ticks come anyway; its end does."""
    if run.token is None:
        raise ValueError("claim the run first")
    work = Work(
        run.pk, run.token, run.args, run.asker, run.checkpoint, run.progress,
        stopping or threading.Event(),
    )  # fmt: skip
    with hints.saved_up():
        return _executed(run, work)


def _executed(run: Run, work: Work) -> str:
    with _heartbeat(work):
        try:
            result = kind_of(run.kind).work(work)
        except LeaseLost:
            log.warning("run %s was taken over by another process", run.pk)
            return State.RUNNING
        except Released:
            leasing.release(work.run_id, work.token)
            return State.QUEUED
        except Cancelled:
            return _finish(work, State.CANCELLED)
        except Exception as error:  # noqa: BLE001 - any failure of the work is the run's, not ours
            return _failed(work, error)
        except BaseException:  # the process is being ended
            leasing.release(work.run_id, work.token)
            raise
    return _finish(work, State.DONE, result=result)


def _failed(work: Work, error: Exception) -> str:
    if is_outage(error) or connection.connection is None or connection.connection.closed:
        raise error  # the database went away: that is nobody's failure, the lease will lapse
    log.error("run %s failed", work.run_id, exc_info=error)
    shown = (
        error.message if isinstance(error, LeadflowError) else f"{type(error).__name__}: {error}"
    )
    return _finish(work, State.FAILED, error=shown[:2_000])


def _finish(work: Work, state: str, **closing: Any) -> str:
    with transaction.atomic():
        rows = Run.objects.select_for_update(of=("self",))
        run = rows.filter(pk=work.run_id, token=work.token).first()
        if run is None:
            return State.RUNNING
        end(run, state, **closing)
    return state


@contextmanager
def _heartbeat(work: Work) -> Iterator[None]:
    """Renew the lease from a thread of its own while the block runs, however long a chunk takes."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(HEARTBEAT_SECONDS):
                leasing.renew(work.run_id, work.token)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"run {work.run_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)

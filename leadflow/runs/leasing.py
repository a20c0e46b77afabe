"""Who may work on a run: a lease with a fencing token, by the database's clock."""

import uuid
from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from leadflow.kit import clock
from leadflow.runs import registry
from leadflow.runs.models import Run
from leadflow.runs.services import end

LEASE_SECONDS = 60
# Children that work at the same time; each is a process of some 100 MB.
AT_ONCE = 2
MAX_CRASHES = 3
_CLAIM_LOCK = 0x1EADF20

State = Run.State
_LEASE = f"now() + interval '{LEASE_SECONDS} seconds'"


def claim(*, heavy: bool, run_id: int | None = None) -> Run | None:
    """Take the next run that waits, or whose holder fell silent; None where there is none to take.

    A run that took three holders down without finishing a chunk is failed, not tried a fourth time.
    """
    with transaction.atomic():
        _one_claim_at_a_time()
        if heavy and run_id is None and _working(registry.keys(heavy=True)) >= AT_ONCE:
            return None
        for run in _takeable(registry.keys(heavy=heavy), run_id):
            if run.cancel_requested:
                end(run, State.CANCELLED)
            elif run.state == State.RUNNING and run.crashes + 1 >= MAX_CRASHES:
                end(run, State.FAILED, error=_("The work stopped three times at the same place."))
            else:
                return _taken(run)
    return None


def _one_claim_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CLAIM_LOCK])


def _working(kinds: Sequence[str]) -> int:
    alive = Run.objects.filter(state=State.RUNNING, lease_until__gt=Now(), kind__in=kinds)
    return alive.count()


def _takeable(kinds: Sequence[str], run_id: int | None) -> list[Run]:
    silent = Q(state=State.RUNNING, lease_until__lte=Now())
    rows = Run.objects.filter(Q(state=State.QUEUED) | silent, kind__in=kinds).order_by("id")
    if run_id is not None:
        rows = rows.filter(pk=run_id)
    return list(rows.select_for_update(skip_locked=True, of=("self",))[:20])


def _taken(run: Run) -> Run:
    crashed = run.state == State.RUNNING
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE runs_run SET state = 'running', token = %s, lease_until = {_LEASE},"  # noqa: S608
            " crashes = crashes + %s, started_at = coalesce(started_at, %s) WHERE id = %s",
            [uuid.uuid4(), int(crashed), clock.now(), run.pk],
        )
    run.refresh_from_db()
    return run


def renew(run_id: int, token: uuid.UUID) -> bool:
    """Say that the holder is alive; False where it holds the run no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE runs_run SET lease_until = {_LEASE} WHERE id = %s AND token = %s",  # noqa: S608
            [run_id, token],
        )
        return bool(cursor.rowcount == 1)


def release(run_id: int, token: uuid.UUID) -> bool:
    """Give the run back, to be taken up at once by whoever comes."""
    held = Run.objects.filter(pk=run_id, token=token, state=State.RUNNING)
    return held.update(state=State.QUEUED, token=None, lease_until=None) == 1


def lapse(run_id: int, token: uuid.UUID) -> bool:
    """The holder is known to be dead: let its lease end now instead of in a minute."""
    held = Run.objects.filter(pk=run_id, token=token, state=State.RUNNING)
    return held.update(lease_until=Now()) == 1


def advance(run_id: int, token: uuid.UUID, *, by: int, **values: object) -> bool:
    """Count a chunk, in its transaction; False where another holder took the run meanwhile."""
    held = Run.objects.filter(pk=run_id, token=token, state=State.RUNNING)
    return held.update(progress=Coalesce(F("progress"), 0) + by, crashes=0, **values) == 1

"""Asking for a run, and calling one off."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from celery import current_app
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, hints
from leadflow.people.models import User
from leadflow.runs.models import Run
from leadflow.runs.registry import kind_of

State = Run.State
NIGHT = 2  # the hour, local, after which the night's work is due


def start(
    kind: str,
    args: Mapping[str, Any],
    *,
    by: User | None,
    key: str = "",
    total: int | None = None,
    at: datetime | None = None,
) -> Run:
    """Ask for a run; it begins once the transaction commits.

    `key` names what must not be worked on twice at a time: a second unfinished run is a Conflict.
    """
    kind_of(kind)
    try:
        with transaction.atomic():
            run = Run.objects.create(
                kind=kind,
                args=dict(args),
                key=key,
                asker=by,
                total=total,
                created_at=at or clock.now(),
            )
            wake_on_commit()
            return run
    except IntegrityError as error:
        raise Conflict(_("That is being worked on already. Wait until it is done.")) from error


def start_nightly(
    kind: str, *, local: datetime, args: Mapping[str, Any] | None = None, at: datetime | None = None
) -> Run | None:
    """Start a run of that kind once a local day, after two; None where it is early, or was started.

    `local` is now on the organisation's calendar. Two workers whose ticks meet start one run.
    """
    day = local.date().isoformat()
    if local.hour < NIGHT or Run.objects.filter(kind=kind, args__day=day).exists():
        return None
    try:
        return start(kind, {"day": day, **(args or {})}, by=None, key=f"{kind}:{day}", at=at)
    except Conflict:  # another worker's tick was first
        return None


@transaction.atomic
def cancel(run: Run, *, by: User | None, at: datetime | None = None) -> Run:
    """Call a run off: at once while it waits, else after the chunk that it is in."""
    row = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if row.is_finished:
        raise Conflict(_("It has ended already."))
    row.cancel_requested = True
    row.save(update_fields=["cancel_requested"])
    if row.state == State.QUEUED:
        end(row, State.CANCELLED, by=by, at=at)
    return row


@transaction.atomic
def end(
    run: Run,
    state: str,
    *,
    by: User | None = None,
    result: Mapping[str, Any] | None = None,
    error: str = "",
    at: datetime | None = None,
) -> None:
    """Close a run that the caller holds (by row lock or by token) and say so."""
    at = at or clock.now()
    run.state, run.finished_at = state, at
    run.result, run.error = dict(result or {}), error
    run.token = run.lease_until = None
    run.save(
        update_fields=["state", "finished_at", "result", "error", "token", "lease_until"],
    )
    record(
        Kind.RUN_FINISHED,
        by=by,
        subject=run,
        data={"run": run.pk, "kind": run.kind, "state": state},
        at=at,
    )


def wake() -> None:
    """Tell a worker that there is something to do; a lost message costs one tick."""
    hints.give("runs", _send)


def _send() -> None:
    current_app.send_task("leadflow.runs.tasks.wake", retry=False, expires=10)


def wake_on_commit() -> None:
    """Once per transaction."""
    if not any(entry[1] is wake for entry in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)

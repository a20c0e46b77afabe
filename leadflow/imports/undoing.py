"""Taking a whole import back: what it made goes, what it changed gets its old values.

A record that somebody touched since stays as it is, with the reason in the ledger. The lines are gone
through from the last to the first, chunk by chunk, so that a crash or a call to stop loses nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.imports import services
from leadflow.imports.models import Import, ImportRow
from leadflow.imports.registry import Trace, target_of
from leadflow.kit import clock
from leadflow.models import Origin
from leadflow.people.models import User
from leadflow.runs import services as runs
from leadflow.runs.working import Work
from leadflow.segments import services as segments

CHUNK = 500
SAMPLE = 100
State = Import.State
Undone = ImportRow.Undone
_MADE = (ImportRow.State.CREATED, ImportRow.State.UPDATED)


def can_undo(imported: Import) -> bool:
    """Whether there is anything to take back of it, and a way to do it."""
    if imported.state not in (State.DONE, State.UNDOING):
        return False
    has_way = target_of(imported.entity).undo_many is not None
    return has_way and bool(imported.created + imported.updated)


@dataclass
class Trial:
    """What taking an import back would do: counts by outcome, and whom it would leave, why."""

    counts: Counter[str] = field(default_factory=Counter)
    kept: list[tuple[int, str]] = field(default_factory=list)  # line and reason
    is_whole: bool = True


def trial(imported: Import, most: int = 2_000) -> Trial:
    """Do it, see what happens, and take that back; of the last `most` lines."""
    found = Trial()
    with transaction.atomic():
        while sum(found.counts.values()) < most and (rows := _next(imported)):
            taken = take_back(imported, rows, by=imported.by)
            found.counts.update(map(_fate, taken))
            kept = [(row.line_no, row.reason) for row in taken if row.undone == Undone.KEPT]
            found.kept += kept[: SAMPLE - len(found.kept)]
        found.is_whole = not _next(imported)
        transaction.set_rollback(True)
    return found


def _fate(row: ImportRow) -> str:
    if row.undone == Undone.KEPT:
        return "kept"
    return "removed" if row.state == ImportRow.State.CREATED else "put_back"


@transaction.atomic
def start(imported: Import, *, by: User | None) -> Import:
    """Ask for the import to be taken back in the background; also to go on where that stopped.

    Raises Conflict where there is nothing to take back.
    """
    row = Import.objects.select_for_update(of=("self",)).get(pk=imported.pk)
    if not can_undo(row):
        raise Conflict(_("There is nothing to take back of this import."))
    row.state = State.UNDOING
    row.run = runs.start("import-undo", {"import": row.pk}, by=by, key=f"import:{row.pk}")
    row.save(update_fields=["state", "run"])
    return row


def work(work: Work) -> Mapping[str, Any]:
    """The run: chunk by chunk from the last line to the first."""
    imported = Import.objects.get(pk=work.args["import"])
    work.expect(imported.created + imported.updated)
    while rows := _next(imported):
        with work.chunk() as chunk:
            chunk.by = len(take_back(imported, rows, by=work.asker))
    finish(imported, by=work.asker)
    return {"import": imported.pk}


def undo_here(imported: Import, *, by: User | None) -> Import:
    """Take an import back in this process, chunk by chunk, each its own transaction."""
    if not can_undo(imported):
        raise Conflict(_("There is nothing to take back of this import."))
    Import.objects.filter(pk=imported.pk).update(state=State.UNDOING)
    while rows := _next(imported):
        take_back(imported, rows, by=by)
    return finish(imported, by=by)


def _next(imported: Import) -> list[ImportRow]:
    """The last lines that made or changed something and wait to be taken back."""
    rows = ImportRow.objects.filter(imported=imported, state__in=_MADE, undone="")
    return list(rows.order_by("-line_no")[:CHUNK])


@transaction.atomic
def take_back(imported: Import, rows: Sequence[ImportRow], *, by: User | None) -> list[ImportRow]:
    """Take back what these lines did, and all that the import did to the same records.

    Writes down of each line what became of it; returns those lines.
    """
    undo_many = target_of(imported.entity).undo_many
    if undo_many is None:
        raise Conflict(_("There is nothing to take back of this import."))
    by_object = _of_objects(imported, {_id(row) for row in rows})
    traces = [_trace(pk, own) for pk, own in by_object.items() if _is_on_record(own)]
    reasons = {
        pk: _("What it was before is not on record.")
        for pk, own in by_object.items()
        if not _is_on_record(own)
    }
    reasons |= undo_many(traces, services.context_of(imported, clock.now()), by)
    taken = [row for own in by_object.values() for row in own]
    for row in taken:
        why = reasons.get(_id(row), "")
        row.undone = Undone.KEPT if why else Undone.DONE
        row.reason = why[:2_000]
    ImportRow.objects.bulk_update(taken, ["undone", "reason"])
    return taken


def _id(row: ImportRow) -> int:
    return row.object_id or 0


def _of_objects(imported: Import, ids: set[int]) -> dict[int, list[ImportRow]]:
    """Record -> all lines that made or changed it, in order: it is taken back in one go."""
    rows = ImportRow.objects.filter(imported=imported, state__in=_MADE, undone="")
    found: dict[int, list[ImportRow]] = {}
    for row in rows.filter(object_id__in=ids).order_by("line_no"):
        found.setdefault(_id(row), []).append(row)
    return found


def _is_on_record(rows: Sequence[ImportRow]) -> bool:
    """Whether the ledger knows what was there before; imports of old did not write it down."""
    return rows[0].state == ImportRow.State.CREATED or all(row.undo for row in rows)


def _trace(pk: int, rows: Sequence[ImportRow]) -> Trace:
    """What these lines did to one record, all together: the oldest before, the newest after."""
    was: dict[str, Any] = {}
    now: dict[str, Any] = {}
    for row in rows:
        was = {**row.undo.get("was", {}), **was}
        now = {**now, **row.undo.get("now", {})}
    return Trace(
        object_id=pk,
        is_created=rows[0].state == ImportRow.State.CREATED,
        changes=sum(row.undo.get("edits", 0) for row in rows),
        was=was,
        now=now,
        identities=[tuple(one) for row in rows for one in row.undo.get("ids", [])],
        companies=[row.undo["company"] for row in rows if row.undo.get("company")],
        tags=[name for row in rows for name in row.undo.get("tags", [])],
        consents=[pk for row in rows for pk in row.undo.get("consents", [])],
    )


@transaction.atomic
def finish(imported: Import, *, by: User | None) -> Import:
    """Close an undoing whose lines are all dealt with."""
    row = Import.objects.select_for_update(of=("self",)).get(pk=imported.pk)
    if row.state != State.UNDOING:
        return row
    kept = row.rows.filter(undone=Undone.KEPT).count()
    row.state, row.undone_at, row.kept = State.UNDONE, clock.now(), kept
    row.save(update_fields=["state", "undone_at", "kept"])
    segments.recount()
    record(
        Kind.IMPORT_UNDONE, by=by, subject=row, origin=Origin.IMPORT,
        data={"import": row.pk, "name": row.file_name, "undone": row.undone, "kept": kept},
    )  # fmt: skip
    return row


def first_kept(imported: Import, most: int = SAMPLE) -> list[ImportRow]:
    """The first records that somebody had touched and that stayed therefore."""
    return list(imported.rows.filter(undone=Undone.KEPT).order_by("line_no")[:most])

"""An import from file to ledger: looked at, planned, worked through chunk by chunk."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import PurePath
from typing import IO, Any

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.imports import formats, ledger, mapping, reading
from leadflow.imports.judging import take_in
from leadflow.imports.models import Import, ImportRow
from leadflow.imports.parsing import Plan
from leadflow.imports.registry import Context, Outcome, Target, target_of
from leadflow.kit import clock, text
from leadflow.models import Origin
from leadflow.people.access import require
from leadflow.people.models import Membership, User
from leadflow.runs import services as runs

CHUNK = 2_000
SAMPLE = 100
LOOKED_AT = 500  # lines by which columns, days and numbers are guessed
State = Import.State
EXISTING = ("fill", "overwrite", "skip")


@transaction.atomic
def upload(
    *,
    entity: str,
    name: str,
    file: IO[bytes],
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Import:
    """Take a file: its shape is found, its columns are guessed. Raises Invalid where it is no table."""
    target = target_of(entity)
    if by:
        require(by, target.permission)
    team = Membership.objects.filter(user=by).order_by("pk").first() if by else None
    imported = Import(
        entity=entity,
        file_name=text.one_line(PurePath(name).name)[:200] or "file.csv",
        by=by,
        team_id=team.team_id if team else None,
        created_at=at or clock.now(),
        origin=origin,
    )
    with formats.table_of(file) as table:
        _take_table(imported, table)
    if len(imported.sheets) > 1:
        file.seek(0)
        imported.original.save("import.xlsx", File(file), save=False)
    _guess(imported)
    imported.save()
    return imported


def _take_table(imported: Import, table: formats.Table) -> None:
    imported.kind, imported.sheets, imported.sheet = table.kind, list(table.sheets), table.sheet
    _look(imported, reading.look(table.file))
    table.file.seek(0)
    imported.file.save("import.csv", File(table.file), save=False)


def _look(imported: Import, shape: reading.Shape) -> None:
    imported.file_hash, imported.encoding = shape.hash, shape.encoding
    imported.delimiter, imported.heading = shape.delimiter, shape.heading
    imported.headers = shape.headers


def _guess(imported: Import) -> None:
    """What each column is, by earlier files with this heading, else by its name and its cells."""
    cells = [line.cells for line in islice(lines_of(imported), LOOKED_AT)]
    fields = target_of(imported.entity).fields_for(context_of(imported))
    earlier = mapping.remembered(imported.entity, imported.headers)
    imported.mapping = mapping.guess(imported.headers, cells, fields, earlier)
    columns = {int(n): key for n, key in imported.mapping.items()}
    kinds = {field.key: field.kind for field in fields}
    dates, numbers = (
        [row[n] for row in cells for n, key in columns.items() if kinds[key] in of and n < len(row)]
        for of in (("date", "moment"), ("decimal", "integer"))
    )
    every = [cell for row in cells for cell in row]
    imported.choices = {
        "dates": mapping.guess_dates(dates or every),
        "decimals": mapping.guess_decimals(numbers or every),
        "unsure": [
            *(["dates"] if mapping.may_be_either_day(dates) else []),
            *(["decimals"] if mapping.may_be_either_number(numbers) else []),
        ],
    }


@transaction.atomic
def read_as(
    imported: Import,
    *,
    encoding: str = "",
    delimiter: str = "",
    heading: int | None = None,
    sheet: str = "",
) -> Import:
    """Read the file otherwise than was guessed; its columns are guessed anew.

    Raises Conflict where the import has begun, Invalid where that gives no table.
    """
    _refuse_started(imported)
    was = ""
    if sheet and sheet != imported.sheet and imported.original:
        was = imported.file.name or ""
        with imported.original.open("rb") as file, formats.table_of(file, sheet) as table:
            _take_table(imported, table)
    else:
        with imported.file.storage.open(imported.file.name or "", "rb") as stored:
            shape = reading.look(stored, encoding=encoding, delimiter=delimiter, heading=heading)
        _look(imported, shape)
    imported.values = {}
    _guess(imported)
    imported.save()
    _drop(was)
    return imported


@transaction.atomic
def plan_as(
    imported: Import,
    *,
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    choices: Mapping[str, Any] | None = None,
) -> Import:
    """Decide how the file is understood; what is None stays. Raises Invalid for what cannot be."""
    _refuse_started(imported)
    given = {"mapping": columns, "constants": constants, "values": values, "choices": choices}
    for name, value in given.items():
        if value is not None:
            setattr(imported, name, dict(value))
    _check(imported)
    imported.save(update_fields=list(given))
    return imported


def _refuse_started(imported: Import) -> None:
    if imported.state != State.DRAFT:
        raise Conflict(_("This import has begun already. Upload the file again to change it."))


def _check(imported: Import) -> None:
    target = target_of(imported.entity)
    allowed = {one.key: one for one in target.fields_for(context_of(imported))}
    used = [*imported.mapping.values(), *imported.constants]
    unknown = sorted(set(used) - set(allowed))
    if unknown:
        raise Invalid(_("There is no field %(names)s here.") % {"names": ", ".join(unknown)})
    twice = [key for key, count in Counter(imported.mapping.values()).items() if count > 1]
    if twice:
        raise Invalid(
            _("Two columns are mapped to %(name)s. Choose one.") % {"name": allowed[twice[0]].label}
        )
    missing = [str(f.label) for f in allowed.values() if f.required and f.key not in used]
    if missing:
        raise Invalid(
            _("No column is mapped to %(names)s, which every row needs.")
            % {"names": ", ".join(missing)}
        )
    if imported.choices.get("existing", "fill") not in EXISTING:
        raise Invalid(_("Choose what happens to records that are known."))
    _check_match(imported, target, set(used))


def _check_match(imported: Import, target: Target, used: set[str]) -> None:
    match = str(imported.choices.get("match") or "")
    if match and match not in target.matches:
        known = ", ".join(key for key in target.matches if key) or _("nothing else")
        raise Invalid(_("Lines can be matched by: %(known)s.") % {"known": known})
    if match and match not in used:
        field = target.field_of(match)
        raise Invalid(
            _("No column is mapped to %(name)s, by which known records are to be found.")
            % {"name": field.label if field else match}
        )


def context_of(imported: Import, at: datetime | None = None) -> Context:
    """The choices of an import as a target reads them."""
    chosen = imported.choices
    return Context(
        by=imported.by,
        at=at or imported.started_at or clock.now(),
        origin=_origin(imported),
        system=str(chosen.get("system") or "import")[:40],
        file=imported.file_hash,
        existing=str(chosen.get("existing") or "fill"),
        create=bool(chosen.get("create", True)),
        match=str(chosen.get("match") or ""),
        pipeline=str(chosen.get("pipeline") or ""),
        tags=str(chosen.get("tags") or ""),
        make=frozenset(chosen.get("make") or ()),
    )


def _origin(imported: Import) -> str:
    """What its records are: of the demo like itself, new, or of the past."""
    if imported.origin == Origin.DEMO:
        return Origin.DEMO
    return Origin.LIVE if imported.choices.get("as_new") else Origin.IMPORT


def plan_of(imported: Import) -> Plan:
    """How the lines of an import are understood."""
    target = target_of(imported.entity)
    fields = {one.key: one for one in target.fields_for(context_of(imported))}
    return Plan(
        target=target,
        width=len(imported.headers),
        columns={int(n): fields[key] for n, key in imported.mapping.items() if key in fields},
        constants=imported.constants,
        values=imported.values,
        dates=str(imported.choices.get("dates") or "iso"),
        decimals=str(imported.choices.get("decimals") or ""),
        headers=imported.headers,
    )


def lines_of(imported: Import) -> Iterator[reading.Line]:
    """The data lines of the stored file."""
    with imported.file.storage.open(imported.file.name or "", "rb") as file:
        yield from reading.lines(file, imported.encoding, imported.delimiter, imported.heading)


def same_file(imported: Import) -> Import | None:
    """An earlier import of the very same bytes as the same kind of record."""
    rows = Import.objects.filter(file_hash=imported.file_hash, entity=imported.entity)
    return rows.filter(state__in=[State.RUNNING, State.DONE]).exclude(pk=imported.pk).first()


@dataclass
class Trial:
    """What an import would do: counts, and the first lines with what would become of each."""

    counts: Counter[str] = field(default_factory=Counter)
    shown: list[tuple[reading.Line, Outcome]] = field(default_factory=list)
    rejected: list[tuple[reading.Line, Outcome]] = field(default_factory=list)
    lines: int = 0
    is_whole: bool = True


def trial(imported: Import, most: int | None = CHUNK) -> Trial:
    """Do it, see what happens, and take it all back; of the first `most` lines, or of all."""
    plan, context, found = plan_of(imported), context_of(imported), Trial()
    walk = lines_of(imported)
    with transaction.atomic():
        while chunk := list(islice(walk, CHUNK if most is None else most - found.lines)):
            _try(found, chunk, take_in(plan, chunk, context))
        transaction.set_rollback(True)
    found.is_whole = next(walk, None) is None
    return found


def _try(found: Trial, lines: list[reading.Line], outcomes: list[Outcome]) -> None:
    pairs = list(zip(lines, outcomes, strict=True))
    found.lines += len(lines)
    found.counts.update(outcome.state for outcome in outcomes)
    found.shown += pairs[: SAMPLE - len(found.shown)]
    bad = [pair for pair in pairs if pair[1].state == "failed"]
    found.rejected += bad[: SAMPLE - len(found.rejected)]


@transaction.atomic
def start(imported: Import, *, by: User | None) -> Import:
    """Ask for the import to be worked through in the background."""
    row = Import.objects.select_for_update(of=("self",)).get(pk=imported.pk)
    _refuse_started(row)
    _check(row)
    row.state, row.started_at = State.RUNNING, clock.now()
    row.run = runs.start("import", {"import": row.pk}, by=by, key=f"import:{row.pk}")
    row.save(update_fields=["state", "started_at", "run"])
    _drop(row.original.name)
    return row


def _drop(*names: str | None) -> None:
    """Delete stored files once the transaction stands."""
    for name in filter(None, names):
        transaction.on_commit(partial(Import.file.field.storage.delete, name), robust=True)


def is_stopped(imported: Import) -> bool:
    """Whether lines wait and nobody is at them: the work was called off or failed."""
    is_under_way = imported.state in (State.RUNNING, State.UNDOING)
    return is_under_way and (imported.run is None or imported.run.is_finished)


@transaction.atomic
def resume(imported: Import, *, by: User | None) -> Import:
    """Go on with the lines that wait. Raises Conflict where the work goes on already, or is over."""
    row = Import.objects.select_for_update(of=("self",)).get(pk=imported.pk)
    if row.state != State.RUNNING or not is_stopped(row):
        raise Conflict(_("There is nothing to go on with."))
    row.run = runs.start("import", {"import": row.pk}, by=by, key=f"import:{row.pk}")
    row.save(update_fields=["run"])
    return row


def work_here(imported: Import, *, at: datetime | None = None) -> Import:
    """Work through an import in this process, chunk by chunk, each its own transaction."""
    if imported.state == State.DRAFT:
        _check(imported)
        imported.state, imported.started_at = State.RUNNING, at or clock.now()
        imported.save(update_fields=["state", "started_at"])
    measure(imported)
    for lines in waiting(imported):
        take(imported, lines)
    return finish(imported, at)


def measure(imported: Import) -> int:
    """Count the data lines once, so that progress can be told and the totals can be held against it."""
    if imported.lines is None:
        imported.lines = sum(1 for _line in lines_of(imported))
        imported.save(update_fields=["lines"])
    return imported.lines


def waiting(imported: Import, size: int = CHUNK) -> Iterator[list[reading.Line]]:
    """The lines that nobody dealt with yet, in chunks: where the ledger ends, the work goes on."""
    last = ledger.last_line(imported.pk)
    walk = (line for line in lines_of(imported) if line.number > last)
    while chunk := list(islice(walk, size)):
        yield chunk


@transaction.atomic
def take(imported: Import, lines: Sequence[reading.Line]) -> int:
    """Take in these lines and write what became of each, both or neither; how many."""
    row = Import.objects.select_for_update(of=("self",)).get(pk=imported.pk)
    if row.state != State.RUNNING:
        raise Conflict(_("This import is not at work."))
    outcomes = take_in(plan_of(imported), lines, context_of(imported))
    ledger.write(imported.pk, lines, outcomes)
    counts = Counter(outcome.state for outcome in outcomes)
    for state, count in counts.items():
        setattr(row, state, getattr(row, state) + count)
    row.save(update_fields=list(counts))
    return len(lines)


@transaction.atomic
def finish(imported: Import, at: datetime | None = None) -> Import:
    """Close an import whose lines are all dealt with; the stored file goes, the ledger has it."""
    row = Import.objects.select_for_update(of=("self",)).get(pk=imported.pk)
    if row.state != State.RUNNING:
        return row
    counts = ledger.totals(row.pk)
    if sum(counts.values()) != row.lines:
        raise Conflict(_("Some lines were not dealt with yet."))
    for state in ("created", "updated", "unchanged", "skipped", "failed"):
        setattr(row, state, counts.get(state, 0))
    row.state, row.finished_at = State.DONE, at or clock.now()
    _drop(row.file.name, row.original.name)
    row.file, row.original = "", ""
    row.save()
    said = {state: getattr(row, state) for state in counts}
    record(
        Kind.IMPORT_FINISHED,
        by=row.by,
        subject=row,
        data={"import": row.pk, "name": row.file_name, **said},
        at=row.finished_at,
        origin=Origin.DEMO if row.origin == Origin.DEMO else Origin.IMPORT,
    )
    return row


def target_for(imported: Import) -> Target:
    """What its lines become."""
    return target_of(imported.entity)


def first_rejected(imported: Import, most: int = 100) -> list[dict[str, Any]]:
    """The first rejected lines: number and reason."""
    rows = imported.rows.filter(state=ImportRow.State.FAILED).order_by("line_no")[:most]
    return [{"line": row.line_no, "reason": row.reason} for row in rows]


def rejected_file(imported: Import) -> Iterator[str]:
    """The rejected lines as CSV, to be put right and imported again."""
    return ledger.rejected(imported)


@transaction.atomic
def discard(imported: Import) -> None:
    """Drop a file that was never imported."""
    row = Import.objects.select_for_update(of=("self",)).filter(pk=imported.pk).first()
    if row is None:
        return
    _refuse_started(row)
    _drop(row.file.name, row.original.name)
    row.delete()

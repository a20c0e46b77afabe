"""Taking lines in: understood, put to the target in sets, and the row at fault found by halving."""

from collections.abc import Iterator, Sequence

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid, LeadflowError
from leadflow.imports.parsing import Plan, understand
from leadflow.imports.reading import Line
from leadflow.imports.registry import Context, Outcome, Row, Target


def take_in(plan: Plan, lines: Sequence[Line], context: Context) -> list[Outcome]:
    """What became of each line, in order; inside the caller's transaction."""
    understood = understand(plan, lines, context)
    found: dict[int, Outcome] = {}
    rows: list[Row] = []
    for one, line in zip(understood, lines, strict=True):
        if isinstance(one, Outcome):
            found[line.number] = one
        else:
            rows.append(one)
    for wave in waves(plan.target, rows):
        for row, outcome in zip(wave, attempt(plan.target, wave, context), strict=True):
            found[row.line] = outcome
    return [found[line.number] for line in lines]


def waves(target: Target, rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows in as few sets as let each know what an earlier row with a key of its own did."""
    last: dict[tuple[str, str], int] = {}
    sets: list[list[Row]] = []
    for row in rows:
        keys = [(key, str(row.values[key]).casefold()) for key in target.keys if row.get(key)]
        place = 1 + max((last.get(key, -1) for key in keys), default=-1)
        last.update(dict.fromkeys(keys, place))
        if place == len(sets):
            sets.append([])
        sets[place].append(row)
    yield from sets


def attempt(target: Target, rows: Sequence[Row], context: Context) -> list[Outcome]:
    """All at once; where that is refused, each half by itself, down to the row at fault."""
    try:
        with transaction.atomic():
            return target.apply_many(rows, context)
    except (LeadflowError, ValidationError, IntegrityError, DataError, ValueError) as error:
        if len(rows) == 1:
            return [Outcome.failed(reason_of(error))]
    middle = len(rows) // 2
    context.memory.clear()
    return [
        *attempt(target, rows[:middle], context),
        *attempt(target, rows[middle:], context),
    ]


def reason_of(error: Exception) -> str:
    """A refusal in words that whoever made the file understands."""
    if isinstance(error, Invalid) and error.fields:
        return " ".join(f"{key}: {' '.join(map(str, said))}" for key, said in error.fields.items())
    if isinstance(error, LeadflowError):
        return error.message
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, IntegrityError):
        return _("Another record has this already.")
    if isinstance(error, DataError):
        return _("A value is too long or too large.")
    return str(error)

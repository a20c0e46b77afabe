"""The row ledger: each line with what became of it, written with the records that it made."""

from collections.abc import Iterator, Sequence

from django.db.models import Count, Max

from leadflow.imports.models import Import, ImportRow
from leadflow.imports.reading import Line
from leadflow.imports.registry import Outcome
from leadflow.models.copying import copy_values
from leadflow.web.csv import lines as csv_lines
from leadflow.web.csv import restored

BATCH = 5_000


def write(import_id: int, lines: Sequence[Line], outcomes: Sequence[Outcome]) -> None:
    """Put lines in with what became of each; in the transaction of the records themselves."""
    copy_values(
        ImportRow,
        ("imported_id", "line_no", "raw", "state", "reason", "object_id", "undo"),
        (
            (
                import_id,
                line.number,
                line.cells,
                one.state,
                one.reason[:2_000],
                one.object_id,
                one.undo,
            )
            for line, one in zip(lines, outcomes, strict=True)
        ),
    )


def last_line(import_id: int) -> int:
    """The number of the last line that was dealt with; 0 before the first."""
    rows = ImportRow.objects.filter(imported=import_id)
    return rows.aggregate(last=Max("line_no"))["last"] or 0


def totals(import_id: int) -> dict[str, int]:
    """State -> lines."""
    rows = ImportRow.objects.filter(imported=import_id).order_by().values_list("state")
    return dict(rows.annotate(n=Count("pk")))


def rejected(imported: Import) -> Iterator[str]:
    """The rejected lines as a file: the original columns, then the line's number and the reason."""
    rows = ImportRow.objects.filter(imported=imported, state=ImportRow.State.FAILED)
    width = len(imported.headers)
    header = [*map(restored, imported.headers), "line", "reason"]
    found = rows.order_by("line_no").values_list("line_no", "raw", "reason").iterator(BATCH)
    yield from csv_lines(
        header,
        (
            [*map(restored, [*raw, *[""] * width][:width]), line, reason]
            for line, raw, reason in found
        ),
    )

"""The row ledger: written with COPY, settled in sets, and adding up."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db import connection
from django.db.models import Count
from psycopg2.extras import execute_values

from leadflow.imports.models import Import, ImportRow
from leadflow.imports.reading import Line
from leadflow.imports.registry import Outcome
from leadflow.web.csv import lines as csv_lines
from leadflow.web.csv import restored

BATCH = 5_000
_TABLE = ImportRow._meta.db_table


def write(import_id: int, lines: Iterable[Line]) -> int:
    """Put lines in as pending; how many."""
    ImportRow.objects.filter(imported=import_id).delete()
    count, walk = 0, iter(lines)
    with connection.cursor() as cursor:
        while batch := list(islice(walk, BATCH)):
            buffer = io.StringIO()
            writer = csv.writer(buffer)
            for line in batch:
                raw = json.dumps(line.cells, ensure_ascii=False)
                writer.writerow([import_id, line.number, raw, "pending", ""])
            buffer.seek(0)
            cursor.copy_expert(
                f"COPY {_TABLE} (imported_id, line_no, raw, state, reason) FROM STDIN CSV"
                " FORCE NOT NULL reason",
                buffer,
            )
            count += len(batch)
    return count


def pending(import_id: int, size: int) -> list[ImportRow]:
    """The next lines that nobody dealt with, locked."""
    rows = ImportRow.objects.filter(imported=import_id, state=ImportRow.State.PENDING)
    return list(rows.select_for_update().order_by("line_no")[:size])


def settle(rows: Sequence[ImportRow], outcomes: Sequence[Outcome]) -> None:
    """Write down what became of each."""
    values = [
        (row.pk, one.state, one.reason[:2_000], one.object_id)
        for row, one in zip(rows, outcomes, strict=True)
    ]
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            f"UPDATE {_TABLE} SET state = v.state, reason = v.reason, object_id = v.object_id::bigint"  # noqa: S608 - our own table
            " FROM (VALUES %s) AS v (id, state, reason, object_id)"
            f" WHERE {_TABLE}.id = v.id",
            values,
            page_size=len(values),
        )


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

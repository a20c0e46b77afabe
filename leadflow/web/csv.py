"""Lists as CSV: streamed, and safe to open in a spreadsheet.

A cell that a spreadsheet would take for a formula gets a leading apostrophe; `restored` takes it off
again, so an export that comes back in is what went out.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify

# Excel, LibreOffice and Sheets start a formula with any of these; the last four are full-width.
STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"  # without it Excel takes UTF-8 for its own code page


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def export(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A download; `rows` is read as it is sent, so its length does not matter."""
    response = StreamingHttpResponse(lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(name) or "export"}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file, line by line."""
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow([cell(h) for h in header])
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def cell(value: Any) -> Any:
    """A value as a cell: numbers stay numbers, times are ISO in the reader's zone, text is guarded."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).isoformat(
            sep=" ", timespec="minutes"
        )
    return guarded(value) if isinstance(value, str) else value


def guarded(text: str) -> str:
    """Text that no spreadsheet runs; an apostrophe that is really there is doubled by the same rule."""
    risky = text.startswith(STARTERS) or (text[:1] == "'" and text[1:].startswith((*STARTERS, "'")))
    return f"'{text}" if risky else text


def restored(text: str) -> str:
    """What `guarded` was given."""
    if text[:1] == "'" and text[1:].startswith((*STARTERS, "'")):
        return text[1:]
    return text

"""Workbooks (.xlsx): looked at before anything is unpacked, then one sheet written out as plain CSV.

From there on a workbook is a text file like any other: the same line numbers as in the sheet, the same
bounds, the same resuming after a crash.
"""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.imports.reading import MAX_COLUMNS, MAX_FIELD

MAX_UNPACKED = 200_000_000  # bytes of all parts together
MAX_RATIO = 100
MAX_PARTS = 2_000
MAX_WORDS = 60_000_000  # bytes of the table of texts, which is held in memory
MAX_CELLS = 2_000_000
MAX_ROWS = 1_048_576
# what a spreadsheet writes where a formula found no answer
_SAID = "#N/A #REF! #DIV/0! #NAME? #VALUE! #NUM! #NULL! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN! #GETTING_DATA"
_FAILED = frozenset(_SAID.split())
_DAMAGED = (
    zipfile.BadZipFile, ParseError, ValueError, KeyError, IndexError, TypeError,
    AttributeError, OverflowError, EOFError, NotImplementedError, zipfile.LargeZipFile,
)  # fmt: skip


def sheets(file: IO[bytes]) -> list[str]:
    """The names of the visible sheets. Raises Invalid for what is no workbook, or a trap."""
    _refuse_traps(file)
    with _opened(file) as book:
        shown = [s.title for s in book.worksheets if getattr(s, "sheet_state", "") == "visible"]
    if not shown:
        raise Invalid(_("This workbook has no sheet with a table."))
    return shown


def write(file: IO[bytes], sheet: str, into: IO[bytes]) -> None:
    """One sheet as CSV in UTF-8, a line for each row, numbers and days written plainly."""
    text = io.TextIOWrapper(into, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    with _opened(file) as book:
        if sheet not in book.sheetnames:
            raise Invalid(_("There is no sheet “%(name)s” in this workbook.") % {"name": sheet})
        for row in _rows(book[sheet]):
            writer.writerow(row)
    text.detach()


@contextmanager
def _opened(file: IO[bytes]) -> Iterator[Any]:
    # 4 MB that only a process which has opened a workbook holds
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which nobody asked for
        try:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            try:
                yield book
            finally:
                book.close()
        except (InvalidFileException, *_DAMAGED) as error:
            raise Invalid(_("This workbook cannot be read. Save it anew, or as CSV.")) from error


def _rows(sheet: Any) -> Iterator[list[str]]:
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # what a file says of its own size is not to be relied on
    cells = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        said = _trimmed([_word(value) for value in row])
        cells += len(said) + 1
        if len(said) > MAX_COLUMNS:
            raise Invalid(
                _("Line %(line)d has more than %(most)d columns.")
                % {"line": number, "most": MAX_COLUMNS}
            )
        if cells > MAX_CELLS or number > MAX_ROWS:
            raise Invalid(
                _("This sheet has more than 2 million cells. Save it as CSV and bring that.")
            )
        yield said


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _word(value: Any) -> str:
    """A cell as it is written in a plain table; what a formula failed to work out is blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (datetime, date, time)):
        return _moment(value)
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    said = " ".join(str(value)[: MAX_FIELD - 1].split())
    return "" if said in _FAILED else said


def _moment(value: datetime | date | time) -> str:
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()


def _refuse_traps(file: IO[bytes]) -> None:
    """Refuse, by the table of contents alone, what would burst or reach out when it is unpacked."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _refuse_parts(parts)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        start = opened.read(4_096)
                    if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                        raise Invalid(_("This is no workbook that a spreadsheet wrote."))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Invalid(_("This workbook cannot be read. Save it anew, or as CSV.")) from error


def _refuse_parts(parts: Sequence[zipfile.ZipInfo]) -> None:
    size, packed = sum(p.file_size for p in parts), sum(p.compress_size for p in parts)
    words = sum(p.file_size for p in parts if p.filename.lower().endswith("sharedstrings.xml"))
    if any(part.flag_bits & 1 for part in parts):
        raise Invalid(_("This workbook has a password. Save it without one."))
    if any(".." in p.filename or p.filename.startswith(("/", "\\")) for p in parts):
        raise Invalid(_("This is no workbook that a spreadsheet wrote."))
    if (
        len(parts) > MAX_PARTS
        or size > MAX_UNPACKED
        or size > MAX_RATIO * max(packed, 1)
        or words > MAX_WORDS
    ):
        raise Invalid(_("This workbook unpacks to more than we read. Save its sheet as CSV."))

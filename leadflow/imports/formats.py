"""What kind of file it is, and the plain table that it is read as."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.imports import cards, workbooks

MEMORY = 5_000_000  # bytes of a table that are not put on disk
TEXT, WORKBOOK, CARDS = "text", "xlsx", "vcard"


@dataclass(frozen=True)
class Table:
    """A file as plain text: what it was, and of a workbook which sheet of which."""

    file: IO[bytes]
    kind: str
    sheets: Sequence[str] = ()
    sheet: str = ""


@contextmanager
def table_of(file: IO[bytes], sheet: str = "") -> Iterator[Table]:
    """The table in a file, as long as the block runs; of a workbook the sheet of that name, or its first.

    Raises Invalid for what is neither text, workbook nor address book.
    """
    file.seek(0)
    start = file.read(512)
    file.seek(0)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Invalid(_("This is a workbook of the old kind (.xls). Save it as .xlsx or CSV."))
    with SpooledTemporaryFile(MEMORY) as found:
        if start.startswith(b"PK\x03\x04"):
            names = workbooks.sheets(file)
            chosen = sheet or names[0]
            workbooks.write(file, chosen, found)
            yield Table(found, WORKBOOK, names, chosen)
        elif cards.is_card(start):
            cards.write(file, found)
            yield Table(found, CARDS)
        else:
            yield Table(file, TEXT)

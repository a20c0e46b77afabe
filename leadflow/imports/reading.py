"""Reading a delimited text file of any size, line by line, with bounds on each part of it."""

import codecs
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.imports import headings

BLOCK = 1 << 20
MAX_LINE = 1 << 20  # signs
MAX_FIELD = 100_000
MAX_COLUMNS = 500
MAX_ROWS = 5_000_000
MAX_BYTES = 2 << 30
DELIMITERS = ",;\t|"


LOOKED_AT = 20  # lines in which the headings are sought
ENCODINGS = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows (Western)",
             "cp1250": "Windows (Central European)", "cp1251": "Windows (Cyrillic)"}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What a file turned out to be: how it is written, and what its columns are called.

    `heading` is the number of the line that names them, 0 where none does.
    """

    hash: str
    encoding: str
    delimiter: str
    heading: int
    headers: list[str]


@dataclass(frozen=True)
class Line:
    """One data line: its number in the file (the heading is 1) and its cells."""

    number: int
    cells: Sequence[str]


def look(
    file: IO[bytes], *, encoding: str = "", delimiter: str = "", heading: int | None = None
) -> Shape:
    """Read a file once for its fingerprint and its shape; what is told is not guessed.

    Raises Invalid where it is no table.
    """
    digest, guessed = _fingerprint(file)
    encoding = encoding or guessed
    delimiter = delimiter or _delimiter(file, encoding)
    walk = records(file, encoding, delimiter)
    first = list(islice(walk, max(LOOKED_AT, heading or 0)))
    walk.close()  # type: ignore[attr-defined]
    if not first:
        raise Invalid(_("The file is empty."))
    if heading is None:
        heading = headings.place_of([(line.number, line.cells) for line in first])
    named = next((line.cells for line in first if line.number == heading), None)
    if heading and named is None:
        raise Invalid(_("There is no line %(line)d with headings.") % {"line": heading})
    unnamed = [""] * max(len(line.cells) for line in first)
    return Shape(digest, encoding, delimiter, heading, _headings(named or unnamed))


def lines(file: IO[bytes], encoding: str, delimiter: str, heading: int = 1) -> Iterator[Line]:
    """The data lines, those after the headings; empty ones are left out."""
    walk = records(file, encoding, delimiter)
    for count, line in enumerate(line for line in walk if line.number > heading):
        if count >= MAX_ROWS:
            raise Invalid(_("The file has more than 5 million lines. Split it."))
        yield line


def records(file: IO[bytes], encoding: str, delimiter: str) -> Iterator[Line]:
    """Every record that is not blank, the heading included."""
    file.seek(0)
    csv.field_size_limit(MAX_FIELD)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    reader = csv.reader(_bounded(text), delimiter=delimiter)
    number = 0
    try:
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise Invalid(
                    _("Line %(line)d cannot be read: a cell is too long or a quote is not closed.")
                    % {"line": number + 1}
                ) from error
            if cells is None:
                return
            number = reader.line_num
            if len(cells) > MAX_COLUMNS:
                raise Invalid(
                    _("Line %(line)d has more than %(most)d columns.")
                    % {"line": number, "most": MAX_COLUMNS}
                )
            if any(cell.strip() for cell in cells):
                yield Line(number, cells)
    finally:
        text.detach()


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines without NUL; one that never ends is refused before it fills the memory."""
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) >= MAX_LINE and not line.endswith("\n"):
            raise Invalid(_("Line %(line)d is too long.") % {"line": number})
        yield line.replace("\0", "")


def _fingerprint(file: IO[bytes]) -> tuple[str, str]:
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    start, is_utf8 = b"", True
    while block := file.read(BLOCK):
        start = start or block[:4]
        digest.update(block)
        size += len(block)
        if size > MAX_BYTES:
            raise Invalid(_("The file is larger than 2 GB. Split it."))
        is_utf8 = is_utf8 and _decodes(decoder, block)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return digest.hexdigest(), "utf-16"
    if start.startswith((b"%PDF", b"\x1f\x8b", b"PK\x03\x04")):
        raise Invalid(_("This is not a text file. Save it as CSV first."))
    return digest.hexdigest(), "utf-8-sig" if is_utf8 else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    try:
        decoder.decode(block)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(file: IO[bytes], encoding: str) -> str:
    """The sign that cuts the heading into most columns, and cuts the lines after it alike."""
    best, most = ",", 0
    for sign in DELIMITERS:
        walk = records(file, encoding, sign)
        widths = [len(line.cells) for line, _n in zip(walk, range(20), strict=False)]
        walk.close()  # type: ignore[attr-defined]
        if not widths or widths[0] < 2:
            continue
        alike = Counter(widths)[widths[0]]
        if widths[0] * alike > most:
            best, most = sign, widths[0] * alike
    return best


def _headings(cells: Sequence[str]) -> list[str]:
    """Names for the columns: those without one get a number, those that repeat a count."""
    seen: Counter[str] = Counter()
    names = []
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())[:200] or _("Column %(number)d") % {"number": number}
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names

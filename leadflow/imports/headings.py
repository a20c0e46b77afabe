"""Which line of a table names its columns, and which lines of it are no record at all."""

import re
from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _

from leadflow.kit import text

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBER = re.compile(r"[-+−]?[€$£]?\s?\d[\d.,'\s\u00a0]*\s?[%€$£]?")
_DAY = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T].*)?")
_TOTALS = frozenset(
    {
        "total", "totals", "sum", "sums", "grand total", "subtotal", "sub total", "overall", "summe",
        "gesamt", "gesamtsumme", "zwischensumme", "insgesamt", "totale", "totaal", "somme",
        "total general", "suma", "razem", "summa", "yhteensa", "celkem", "osszesen", "toplam", "итого",
    }
)  # fmt: skip


def place_of(lines: Sequence[tuple[int, Sequence[str]]]) -> int:
    """The number of the line that names the columns; 0 where the first line is a record already.

    Titles above the table are passed over: they fill fewer cells than its lines do.
    """
    if not lines:
        return 0
    widths = [sum(1 for cell in cells if cell.strip()) for _number, cells in lines]
    usual, _count = max(Counter(widths).items(), key=lambda pair: (pair[1], pair[0]))
    for (number, cells), width in zip(lines, widths, strict=True):
        if width * 5 >= usual * 3 and _names_columns(cells):
            return number
    return 0 if any(_EMAIL.fullmatch(c.strip()) for c in lines[0][1]) else lines[0][0]


def _names_columns(cells: Sequence[str]) -> bool:
    said = [cell.strip() for cell in cells if cell.strip()]
    values = sum(1 for cell in said if _is_value(cell))
    return not any(_EMAIL.fullmatch(cell) for cell in said) and values * 2 <= len(said)


def _is_value(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell) or _DAY.fullmatch(cell))


def no_record(cells: Sequence[str], headers: Sequence[str]) -> str:
    """Why a line is no record: the headings once more, or a sum at the end; empty where it is one."""
    if _begins_alike(cells, headers) and _plain(cells) == _plain(headers):
        return _("These are the headings once more.")
    words = values = 0
    for cell in filter(None, map(str.strip, cells)):
        if _is_value(cell):
            values += 1
        elif _sums(cell):
            words += 1
        else:
            return ""
    return _("This line adds up the others.") if words and values else ""


def _begins_alike(cells: Sequence[str], headers: Sequence[str]) -> bool:
    """Whether the first cells are the same word: asked of every line of a file, and mostly no."""
    return _plain(cells[:1]) == _plain(headers[:1])


def _sums(word: str) -> bool:
    return text.search_text(word).strip(" :*=Σ") in _TOTALS


def _plain(cells: Sequence[str]) -> list[str]:
    words = [" ".join(cell.split()).casefold() for cell in cells]
    while words and not words[-1]:
        words.pop()
    return words

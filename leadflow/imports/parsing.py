"""A line as it stands in the file, understood: cells put to fields and turned into values."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from typing import Any

from django.utils.translation import gettext as _

from leadflow.imports import headings
from leadflow.imports.reading import Line
from leadflow.imports.registry import Context, Field, Outcome, Row, Target
from leadflow.kit import text
from leadflow.web.csv import restored

MAKE = "+"  # in the map of values: make a record of this word
_SPACES = re.compile(r"[\s'\u00a0\u202f]")
_GROUPED = r"[-+]?\d{1,3}(%s\d{3})+(%s\d+)?"
_CLOCK = re.compile(r"[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?$")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE_FORMATS = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}


@dataclass(frozen=True)
class Plan:
    """How the lines of one file are to be understood."""

    target: Target
    width: int
    columns: Mapping[int, Field]
    constants: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    dates: str = "iso"
    decimals: str = ""  # the sign before the cents; empty: each number tells its own
    headers: Sequence[str] = ()

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Every field of the target by key, asked for once."""
        return {field.key: field for field in self.target.fields()}

    def cells(self, line: Line) -> dict[str, str]:
        """Field -> text of a line, with the words that were mapped replaced."""
        found = dict(self.constants)
        for number, field in self.columns.items():
            cell = (
                text.clean(restored(line.cells[number])).strip() if number < len(line.cells) else ""
            )
            if cell:
                found[field.key] = self.values.get(field.key, {}).get(cell, cell)
        return found

    @cached_property
    def looked_up(self) -> dict[int, str]:
        """Column -> field, of those whose words find records."""
        return {number: field.key for number, field in self.columns.items() if field.lookup}

    def raw(self, line: Line) -> dict[str, str]:
        """Field -> the word of the file itself, for those fields that are looked up."""
        return {
            key: line.cells[number].strip()
            for number, key in self.looked_up.items()
            if number < len(line.cells)
        }


def understand(plan: Plan, lines: Sequence[Line], context: Context) -> list[Row | Outcome]:
    """Each line as a row, or as failed with the reason."""
    cells = [plan.cells(line) for line in lines]
    raws = [plan.raw(line) for line in lines]
    records = _looked_up(plan, cells, raws, context)
    return [
        _row(plan, line, own, raw, records)
        for line, own, raw in zip(lines, cells, raws, strict=True)
    ]


Records = Mapping[str, Mapping[str, Any]]


def _row(
    plan: Plan, line: Line, cells: dict[str, str], raw: dict[str, str], records: Records
) -> Row | Outcome:
    if why := headings.no_record(line.cells, plan.headers):
        return Outcome("skipped", None, why)
    if len(line.cells) > plan.width and any(cell.strip() for cell in line.cells[plan.width :]):
        return Outcome.failed(
            _("The line has %(cells)d cells, the heading %(width)d.")
            % {"cells": len(line.cells), "width": plan.width}
        )
    values: dict[str, Any] = {}
    wrong = []
    for key, cell in cells.items():
        field = plan.fields.get(key)
        if field is None:
            continue
        try:
            values[key] = _value(plan, field, cell, raw.get(key, cell), records)
        except ValueError as error:
            wrong.append(f"{field.label}: {error}")
    wrong += [
        _("%(field)s is missing.") % {"field": field.label}
        for field in plan.fields.values()
        if field.required and not cells.get(field.key)
    ]
    return Outcome.failed(" ".join(wrong)) if wrong else Row(line.number, values)


def _value(plan: Plan, field: Field, cell: str, raw: str, records: Records) -> Any:
    if field.lookup:
        word = text.search_text(raw if cell == MAKE else cell)
        found = records.get(field.key, {}).get(word)
        if found is None:
            raise ValueError(_("“%(word)s” is not known here.") % {"word": raw or cell})
        return found
    if field.kind == "date":
        return _date(cell, plan.dates)
    if field.kind == "moment":
        return _moment(cell, plan.dates)
    if field.kind in ("decimal", "integer"):
        value = number(cell, plan.decimals)
        return value if field.kind == "decimal" else _whole(value, cell)
    return _KINDS[field.kind](field, cell)


def _looked_up(
    plan: Plan, cells: Sequence[dict[str, str]], raws: Sequence[dict[str, str]], context: Context
) -> Records:
    """Field -> word as search compares it -> record, found or made."""
    records: dict[str, Mapping[str, Any]] = {}
    for field in plan.fields.values():
        if field.lookup is None:
            continue
        words: dict[str, str] = {}
        wanted: set[str] = set()
        for own, raw in zip(cells, raws, strict=True):
            if cell := own.get(field.key):
                word = raw.get(field.key, cell) if cell == MAKE else cell
                words[text.search_text(word)] = word
                if cell == MAKE or field.key in context.make:
                    wanted.add(text.search_text(word))
        if words:
            records[field.key] = _found(field, words, wanted, context)
    return records


def _found(
    field: Field, words: Mapping[str, str], wanted: set[str], context: Context
) -> Mapping[str, Any]:
    lookup = field.lookup
    if lookup is None:
        return {}
    found = dict(lookup.find(set(words), context))
    may = not lookup.make_permission or context.may(lookup.make_permission)
    if lookup.make and may:
        for word in sorted(wanted - set(found)):
            found[word] = lookup.make(words[word], context)
    return found


def _text(_field: Field, cell: str) -> str:
    return text.one_line(cell)


def number(cell: str, decimals: str = "") -> Decimal:
    """A number as people write it: 1,234.50 or 1.234,50 or 1 234,50. ValueError where it is none.

    `decimals` is the sign before the cents, where the file has one; else each number tells its own.
    """
    bare = _SPACES.sub("", cell).strip("€$£").replace("−", "-")
    if decimals:
        group = "." if decimals == "," else ","
        if group in bare and not re.fullmatch(
            _GROUPED % (re.escape(group), re.escape(decimals)), bare
        ):
            bare = ""
        bare = bare.replace(group, "")
    elif "," in bare and "." in bare:
        bare = bare.replace("." if bare.rfind(",") > bare.rfind(".") else ",", "")
    elif bare.count(",") == 1 and len(bare.rpartition(",")[2]) == 3:
        bare = bare.replace(",", "")
    bare = bare.replace(",", ".")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise ValueError(_("“%(cell)s” is not a number.") % {"cell": cell[:60]})
    return value


def _whole(value: Decimal, cell: str) -> int:
    if value != value.to_integral_value() or abs(value) > 2_147_483_647:
        raise ValueError(_("“%(cell)s” is not a whole number.") % {"cell": cell[:60]})
    return int(value)


def _country(_field: Field, cell: str) -> str:
    if len(cell) != 2 or not cell.isalpha() or not cell.isascii():
        raise ValueError(_("“%(cell)s” is not a two-letter country code.") % {"cell": cell[:60]})
    return cell.upper()


def _one_of(field: Field, cell: str) -> str:
    word = text.search_text(cell)
    for key, label in field.choices.items():
        if word in (text.search_text(key), text.search_text(str(label))):
            return key
    for other, key in field.words.items():
        if word == text.search_text(other):
            return key
    raise ValueError(_("“%(cell)s” is none of the choices.") % {"cell": cell[:60]})


@lru_cache(maxsize=4_096)  # a file has few days and many lines
def _date(cell: str, dates: str) -> date:
    bare = cell.strip().split("T")[0].split(" ")[0]
    way = "iso" if _ISO.fullmatch(bare) else dates  # 2026-12-31 is the same day everywhere
    try:
        return datetime.strptime(bare.replace(".", "/"), _DATE_FORMATS[way]).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise ValueError(_("“%(cell)s” is not a date.") % {"cell": cell[:60]}) from None


def _moment(cell: str, dates: str) -> date:
    """A day with its time where one stands there, else the day alone."""
    day = _date(cell, dates)
    if not (clock := _CLOCK.search(cell)):
        return day
    try:
        return datetime.fromisoformat(f"{day.isoformat()}T{clock[1]}{clock[2] or ''}")
    except ValueError:
        raise ValueError(_("“%(cell)s” is not a time.") % {"cell": cell[:60]}) from None


_KINDS: Mapping[str, Callable[[Field, str], Any]] = {
    "text": _text,
    "country": _country,
    "one_of": _one_of,
}

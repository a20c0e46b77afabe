"""What each operator means, said once for the Python and the SQL evaluator; pure, no Django.

A test is lowered to one of five primitives, time windows already worked out from `at`. The browser
evaluator repeats this file line by line; the shared vectors hold the three together.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from leadflow.conditions.grammar import NEGATES, Count, Field, Test, Type


@dataclass(frozen=True, slots=True)
class Present:
    """There is a value; an empty text or list is none."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these; `folded` when case does not matter."""

    values: tuple[Any, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """The text contains, starts or ends with `text`, without regard to case."""

    how: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """The value lies between the bounds; an open bound is left out, None is no bound."""

    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: Any) -> bool:
        """Whether a present value lies inside."""
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        return self.high is None or not (
            value > self.high or (self.high_open and value == self.high)
        )


@dataclass(frozen=True, slots=True)
class Has:
    """The list has any, or all, of these."""

    values: tuple[Any, ...]
    every: bool = False


Primitive = Present | OneOf | Pattern | Span | Has


# A day that exists, as JSON holds it; PostgreSQL reads the same pattern before it dares to cast.
_LONG, _SHORT = "(01|03|05|07|08|10|12)", "(04|06|09|11)"
_LEAP = "(0[48]|[2468][048]|[13579][26])"
DAY_PATTERN = (
    "^(?!0000)(("
    f"[0-9]{{4}}-({_LONG}-(0[1-9]|[12][0-9]|3[01])|{_SHORT}-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8])))"
    f"|(([0-9]{{2}}{_LEAP}|(00|{_LEAP})00)-02-29))$"
)
_DAY = re.compile(DAY_PATTERN)


def read_day(raw: Any) -> date | None:
    """A day written as 2026-11-22, or None."""
    fits = isinstance(raw, str) and _DAY.fullmatch(raw)
    return date.fromisoformat(raw) if fits else None


def lower(test: Test, at: datetime) -> tuple[Primitive, bool]:
    """The primitive that a test comes down to, and whether it is to be negated."""
    op = NEGATES.get(test.op, test.op)
    return _primitive(test.field, op, test.value, at), op != test.op


def _primitive(field: Field, op: str, value: Any, at: datetime) -> Primitive:
    if op == "is_set":
        return Present()
    if field.type in (Type.DATE, Type.DATETIME):
        return _when(field.type, op, value, at)
    if field.ordered and op in ("at_least", "at_most"):
        return _ranked(field, op, value)
    if op in _COMPARED:
        return _COMPARED[op](value)
    if op in ("has_any_of", "has_all_of"):
        return Has(value, every=op == "has_all_of")
    if op in ("is", "is_any_of"):
        values = value if op == "is_any_of" else (value,)
        text = field.type == Type.TEXT
        return OneOf(tuple(map(fold, values)) if text else values, folded=text)
    return Pattern(op, fold(value))


_COMPARED = {
    "at_least": lambda value: Span(low=value),
    "at_most": lambda value: Span(high=value),
    "more_than": lambda value: Span(low=value, low_open=True),
    "less_than": lambda value: Span(high=value, high_open=True),
    "between": lambda value: Span(*value),
}


def _ranked(field: Field, op: str, value: Any) -> OneOf:
    keys = [key for key, _ in field.options()]
    place = keys.index(value)
    return OneOf(tuple(keys[place:] if op == "at_least" else keys[: place + 1]))


def _when(kind: Type, op: str, value: Any, at: datetime) -> Span:
    if op in ("is", "before", "after", "between"):
        return _calendar(kind, op, value, at)
    # For a date the window counts days of the calendar, for a moment spans of 24 hours.
    here = at.astimezone(UTC) if kind == Type.DATETIME else at.date()
    reach = timedelta(days=value)
    match op:
        case "within_last":
            return Span(here - reach, here)
        case "more_than_ago":
            return Span(high=here - reach, high_open=True)
        case "within_next":
            return Span(here, here + reach)
        case _:
            return Span(low=here + reach, low_open=True)


def _calendar(kind: Type, op: str, value: Any, at: datetime) -> Span:
    first, last = value if op == "between" else (value, value)
    if kind == Type.DATE:
        days = {"before": Span(high=first, high_open=True), "after": Span(last, low_open=True)}
        return days.get(op, Span(first, last))
    start, end = _midnight(first, at), _midnight(last + timedelta(days=1), at)
    spans = {"before": Span(high=start, high_open=True), "after": Span(low=end)}
    return spans.get(op, Span(start, end, high_open=True))


def _midnight(day: date, at: datetime) -> datetime:
    """When that day begins where the asker's clock hangs."""
    return datetime.combine(day, time(), at.tzinfo).astimezone(UTC)


def window(count: Count, at: datetime) -> Span:
    """When something must have happened to be counted; never what lies after `at`."""
    here = at.astimezone(UTC)
    return Span(here - timedelta(days=count.days) if count.days else None, here)


def needed(count: Count) -> tuple[int, bool]:
    """How many times it takes, and whether the condition asks that it be fewer."""
    if count.op == "at_least":
        return count.count, False
    return count.count + 1, True


def is_missing(value: Any) -> bool:
    """No value: none at all, an empty text, an empty list."""
    return value is None or value in ("", [], ()) or value == frozenset()


def fold(text: str) -> str:
    """Text without regard to case, letter by letter.

    Neither the locale of the database nor the length of the text may matter, so a letter whose
    lower case is two letters, or turns into an English one, stays as it is.
    """
    return text.translate(_table())


# No letter beyond this one has a lower case (Unicode 15, Adlam); looking at fewer starts faster.
_LAST_CASED = 0x1FFFF


@cache
def _table() -> dict[int, str]:
    lowered = ((code, chr(code).lower()) for code in range(_LAST_CASED + 1))
    return {
        code: small
        for code, small in lowered
        if len(small) == 1 and small != chr(code) and (code < 128 or ord(small) >= 128)
    }


@cache
def _capitals() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, small in _table().items():
        if code >= 128:
            found[small] = found.get(small, "") + chr(code)
    return found


def capitals_of(texts: Iterable[str]) -> tuple[str, str]:
    """Letters beyond ASCII that fold to a letter of these folded texts, and what they fold to."""
    pairs = [
        (big, small) for small in sorted(set("".join(texts))) for big in _capitals().get(small, "")
    ]
    return "".join(big for big, _ in pairs), "".join(small for _, small in pairs)

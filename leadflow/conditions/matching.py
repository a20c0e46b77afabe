"""Does one record match? The Python evaluator; pure, no Django."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from leadflow.conditions.grammar import REFERRING, Count, Field, Group, Node, Test, Type
from leadflow.conditions.meaning import (
    Has,
    OneOf,
    Pattern,
    Present,
    Primitive,
    Span,
    fold,
    is_missing,
    lower,
    needed,
    read_day,
    window,
)


@dataclass(frozen=True, slots=True)
class Happening:
    """One time that somebody did something."""

    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


Record = Mapping[str, Any]
Happenings = Callable[[str], Iterable[Happening]]
Matcher = Callable[[Record, Happenings], bool]


def nothing_happened(_kind: str) -> Iterable[Happening]:
    """What is known of somebody of whom nothing is recorded; form logic uses it."""
    return ()


def matches(
    rule: Group, record: Record, *, at: datetime, events: Happenings = nothing_happened
) -> bool:
    """Whether the record, a mapping of field key to value, matches at that moment.

    `at` carries the time zone whose calendar counts. A key that is absent is a missing value.
    `events` gives what was done of one kind, in any order.
    """
    return prepared(rule, at=at)(record, events)


def prepared(rule: Group, *, at: datetime) -> Matcher:
    """The rule made ready once for many records of the same moment."""
    return _matcher(rule, at)


def _matcher(node: Node, at: datetime) -> Matcher:
    match node:
        case Group():
            return _group(node, at)
        case Test():
            return _test(node, at)
        case Count():
            return _count(node, at)


def _group(group: Group, at: datetime) -> Matcher:
    inner = [_matcher(item, at) for item in group.items]
    wanted = group.mode == "any"

    def every(record: Record, events: Happenings) -> bool:
        return all(one(record, events) for one in inner)

    def some(record: Record, events: Happenings) -> bool:
        return any(one(record, events) for one in inner) == wanted

    return every if group.mode == "all" else some


def _test(test: Test, at: datetime) -> Matcher:
    holds, key = _holding(test, at), test.field.key
    return lambda record, _events: holds(record.get(key))


def _holding(test: Test, at: datetime) -> Callable[[Any], bool]:
    primitive, negated = lower(test, at)
    return lambda value: (not is_missing(value) and _satisfies(primitive, value)) != negated


def _satisfies(primitive: Primitive, value: Any) -> bool:
    match primitive:
        case Present():
            return True
        case OneOf(values, folded):
            return (fold(value) if folded else value) in values
        case Pattern(how, text):
            return _PATTERNS[how](fold(value), text)
        case Span():
            return primitive.holds(Decimal(str(value)) if isinstance(value, float) else value)
        case Has(values, every):
            return (all if every else any)(one in value for one in values)


_PATTERNS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, text: text in value,
    "starts_with": lambda value, text: value.startswith(text),
    "ends_with": lambda value, text: value.endswith(text),
}


def _count(count: Count, at: datetime) -> Matcher:
    during, (times, fewer) = window(count, at), needed(count)
    where = [(test.field.key, _holding(test, at)) for test in count.where]

    def counts(one: Happening) -> bool:
        return during.holds(one.at) and all(holds(one.data.get(key)) for key, holds in where)

    def enough(_record: Record, events: Happenings) -> bool:
        found = (one for one in events(count.kind.key) if counts(one))
        return (len(list(islice(found, times))) == times) != fewer

    return enough


def read_value(of: Field, raw: Any) -> Any:
    """A value as JSON carries it (an answer, a vector), typed for `matches`; None if it is none."""
    if is_missing(raw):
        return None
    if of.type in REFERRING or of.type in (Type.CHOICES, Type.BOOLEAN):
        return raw
    if of.type in (Type.NUMBER, Type.MONEY):
        return _number(raw)
    if of.type in (Type.DATE, Type.DATETIME):
        return _moment(of.type, raw)
    return str(raw)


def _number(raw: Any) -> Decimal | None:
    try:
        value = Decimal(str(raw))
    except ArithmeticError:
        return None
    return value if math.isfinite(value) else None


def _moment(kind: Type, raw: Any) -> date | datetime | None:
    if kind == Type.DATE:
        return read_day(raw)
    try:
        value = datetime.fromisoformat(raw)
    except (ValueError, TypeError):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)

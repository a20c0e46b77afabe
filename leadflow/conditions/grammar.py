"""The words and the syntax tree of the condition language; pure, no Django.

A document is JSON: groups `{"all" | "any" | "none": [...]}`, conditions on a field
`{"field": "lead.country", "op": "is", "value": "DE"}` and conditions on what somebody did
`{"event": {"kind": "page.viewed", "where": [...]}, "op": "at_least", "count": 3, "days": 30}`.
`parsing.parse` turns it into the tree below, typed and checked once, so no evaluator checks again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

MAX_DEPTH = 4
MAX_CONDITIONS = 100
MAX_VALUES = 100
MAX_TEXT = 500
MAX_DAYS = 3_650
MAX_COUNT = 1_000
MAX_NUMBER = 10**15


class Type(StrEnum):
    """What kind of value a field holds; it decides the operators."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    BOOLEAN = "boolean"
    REFERENCE = "reference"
    REFERENCES = "references"


MANY_VALUED = frozenset({Type.CHOICES, Type.REFERENCES})
REFERRING = frozenset({Type.REFERENCE, Type.REFERENCES})


class Shape(StrEnum):
    """What stands behind an operator."""

    NOTHING = "nothing"
    ONE = "one"
    LIST = "list"
    PAIR = "pair"
    DAYS = "days"


SHAPES: dict[str, Shape] = {
    "is": Shape.ONE,
    "is_not": Shape.ONE,
    "is_any_of": Shape.LIST,
    "is_none_of": Shape.LIST,
    "contains": Shape.ONE,
    "not_contains": Shape.ONE,
    "starts_with": Shape.ONE,
    "ends_with": Shape.ONE,
    "at_least": Shape.ONE,
    "at_most": Shape.ONE,
    "more_than": Shape.ONE,
    "less_than": Shape.ONE,
    "between": Shape.PAIR,
    "before": Shape.ONE,
    "after": Shape.ONE,
    "within_last": Shape.DAYS,
    "more_than_ago": Shape.DAYS,
    "within_next": Shape.DAYS,
    "more_than_ahead": Shape.DAYS,
    "has_any_of": Shape.LIST,
    "has_all_of": Shape.LIST,
    "has_none_of": Shape.LIST,
    "is_set": Shape.NOTHING,
    "is_not_set": Shape.NOTHING,
}

# A negative operator is true exactly where its positive one is false, missing values included.
NEGATES: dict[str, str] = {
    "is_not": "is",
    "is_none_of": "is_any_of",
    "not_contains": "contains",
    "has_none_of": "has_any_of",
    "is_not_set": "is_set",
}

_SET = ("is_set", "is_not_set")
_ONE_OF = ("is", "is_not", "is_any_of", "is_none_of", *_SET)
_HAS = ("has_any_of", "has_all_of", "has_none_of", *_SET)
_AMOUNT = ("is", "is_not", "at_least", "at_most", "more_than", "less_than", "between", *_SET)
_DAY = ("within_last", "more_than_ago", "within_next", "more_than_ahead")
_WHEN = ("is", "is_not", "before", "after", "between", *_DAY, *_SET)

OPERATORS: dict[Type, tuple[str, ...]] = {
    Type.TEXT: (*_ONE_OF[:4], "contains", "not_contains", "starts_with", "ends_with", *_SET),
    Type.NUMBER: _AMOUNT,
    Type.MONEY: _AMOUNT,
    Type.DATE: _WHEN,
    Type.DATETIME: _WHEN,
    Type.CHOICE: _ONE_OF,
    Type.CHOICES: _HAS,
    Type.BOOLEAN: ("is", "is_not", *_SET),
    Type.REFERENCE: _ONE_OF,
    Type.REFERENCES: _HAS,
}
EVENT_OPERATORS = ("at_least", "at_most", "never")

Choices = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a rule can ask about.

    `choices` are fixed, lowest first when `ordered`; `choices_from` reads them (people, sources)
    each time. `sql` is an ORM path, a callable that gives an expression, or a `sql.Many`;
    `python` reads the value from one object and defaults to following the ORM path. `history` says
    that FieldChange keeps what the value was; `sensitivity` is "", "contact" or "protected".
    """

    key: str
    label: Any
    type: Type
    choices: Choices = ()
    choices_from: Callable[[], Iterable[tuple[Any, Any]]] | None = None
    ordered: bool = False
    sql: Any = None
    python: Callable[[Any], Any] | None = None
    history: bool = False
    sensitivity: str = ""
    subject: str = "lead"
    group: Any = ""

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that fit the field's type."""
        found = OPERATORS[self.type]
        return ("at_least", "at_most", *found) if self.ordered else found

    def options(self) -> list[tuple[Any, Any]]:
        """What may be chosen, fixed or read now."""
        return list(self.choices_from()) if self.choices_from else list(self.choices)


@dataclass(frozen=True, slots=True)
class EventKind:
    """Something people do that a rule can count, with what can be asked about each time.

    The label is a sentence in the past tense ("Viewed a page"); `sql` is the `sql.Rows` that hold it.
    """

    key: str
    label: Any
    fields: tuple[Field, ...] = ()
    sql: Any = None

    def field(self, key: str) -> Field | None:
        """The property of that name, if this kind has it."""
        return next((one for one in self.fields if one.key == key), None)


class Words(Protocol):
    """Gives the sentence of that name in the reader's language, with the blanks filled."""

    def __call__(self, name: str, /, **blanks: Any) -> str: ...


@dataclass(frozen=True)
class Catalogue:
    """What can be asked about one kind of record, and the words to say it in."""

    fields: Mapping[str, Field]
    events: Mapping[str, EventKind]
    words: Words
    subject: str = "lead"
    labels: dict[tuple[str, Any], str] = field(default_factory=dict, compare=False)

    def show(self, of: Field, value: Any) -> str:
        """A value as a person reads it."""
        if not self.labels.get((of.key, value)):
            self.labels.update({(of.key, key): str(label) for key, label in of.options()})
        known = self.labels.get((of.key, value))
        return known if known is not None else _plain(value, of.type, self.words)


def _plain(value: Any, kind: Type, words: Words) -> str:
    match value:
        case bool():
            return words("yes" if value else "no")
        case Decimal():
            # A number of four digits may be a year.
            return f"{value:f}" if kind == Type.NUMBER and abs(value) < 10_000 else f"{value:,f}"
        case date():
            return words("date", value=value)
        case str():
            return f"“{value}”"
    return str(value)


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on one field; `value` is typed by the field and shaped by the operator."""

    field: Field
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Count:
    """A condition on how often something was done, in the last `days` or ever."""

    kind: EventKind
    op: str
    count: int = 0
    days: int | None = None
    where: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """All, any or none of what stands in it; a parsed document is its outermost group."""

    mode: str
    items: "tuple[Group | Test | Count, ...]" = ()


Node = Group | Test | Count
MODES = ("all", "any", "none")
EVERYONE = Group("all")

"""From a JSON document to the tree, refusing what is wrong by path and name; pure, no Django."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from leadflow.conditions.grammar import (
    EVENT_OPERATORS,
    MAX_CONDITIONS,
    MAX_COUNT,
    MAX_DAYS,
    MAX_DEPTH,
    MAX_NUMBER,
    MAX_TEXT,
    MAX_VALUES,
    MODES,
    SHAPES,
    Catalogue,
    Count,
    EventKind,
    Field,
    Group,
    Node,
    Shape,
    Test,
    Type,
)
from leadflow.conditions.meaning import read_day
from leadflow.errors import Invalid

_YEARS = range(1900, 2200)


def parse(document: Any, catalogue: Catalogue, *, check_values: bool = True) -> Group:
    """The document as a tree; raises Invalid with one message per wrong path.

    `check_values=False` is for a rule that is live already: a source deleted since still parses and
    simply matches nobody, where the editor says that it is gone.
    """
    if document == {}:
        document = {"all": []}
    reader = _Reader(catalogue, check_values=check_values)
    tree = reader.group(document, "$", 1)
    if reader.seen > MAX_CONDITIONS:
        reader.problems = {}
        reader.note("$", "size", limit=MAX_CONDITIONS)
    if reader.problems:
        message = next(iter(reader.problems.values()))[0]
        raise Invalid(message, reader.problems)
    return tree


def fields_used(document: Any) -> frozenset[str]:
    """Keys of all fields that a document names, valid or not.

    A property of an event is named `kind:property`, and the kind itself `event:kind`.
    """
    return frozenset(key for key, _value in _used(document, ""))


def values_named(document: Any, key: str) -> frozenset[Any]:
    """The texts and numbers that a document compares this field with."""
    told = (value for used, value in _used(document, "") if used == key)
    flat = (one for value in told for one in (value if isinstance(value, list) else [value]))
    return frozenset(one for one in flat if isinstance(one, str | int | float))


def _used(node: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(node, Mapping):
        return
    for mode in MODES:
        for item in _listed(node.get(mode)):
            yield from _used(item, prefix)
    if isinstance(key := node.get("field"), str):
        yield prefix + key, node.get("value")
    if isinstance(event := node.get("event"), Mapping) and isinstance(event.get("kind"), str):
        yield f"event:{event['kind']}", None
        for item in _listed(event.get("where")):
            yield from _used(item, f"{event['kind']}:")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


class _Bad(Exception):
    """One value that does not fit; the reader adds the path."""

    def __init__(self, name: str, **blanks: Any) -> None:
        super().__init__(name)
        self.name = name
        self.blanks = blanks


class _Reader:
    """Walks a document once, collects every problem under its path and counts conditions."""

    def __init__(self, catalogue: Catalogue, *, check_values: bool) -> None:
        self.catalogue = catalogue
        self.check_values = check_values
        self.problems: dict[str, list[str]] = {}
        self.seen = 0

    def note(self, path: str, name: str, **blanks: Any) -> None:
        self.problems.setdefault(path, []).append(self.catalogue.words(f"error.{name}", **blanks))

    def group(self, node: Any, path: str, depth: int) -> Group:
        mode = _mode(node)
        if mode is None:
            self.note(path, "group")
            return Group("all")
        inner = f"{path}.{mode}"
        if depth > MAX_DEPTH:
            self.note(path, "depth", limit=MAX_DEPTH)
        elif not isinstance(node[mode], list):
            self.note(inner, "list")
        elif not node[mode] and (depth > 1 or mode != "all"):
            self.note(inner, "empty_group")
        else:
            return Group(mode, tuple(self.items(node[mode], inner, depth)))
        return Group(mode)

    def items(self, nodes: list[Any], path: str, depth: int) -> Iterator[Node]:
        for number, node in enumerate(nodes):
            here = f"{path}[{number}]"
            if isinstance(node, Mapping) and ("field" in node or "event" in node):
                self.seen += 1
                if self.seen > MAX_CONDITIONS:
                    return
                found = self.count(node, here) if "event" in node else self.field(node, here)
                if found is not None:
                    yield found
            else:
                yield self.group(node, here, depth + 1)

    def field(self, node: Mapping[str, Any], path: str) -> Test | None:
        key = node["field"]
        known = self.catalogue.fields.get(key) if isinstance(key, str) else None
        if known is None:
            self.note(path, "field", field=_short(key))
            return None
        return self.test(known, node, path)

    def test(self, known: Field, node: Mapping[str, Any], path: str) -> Test | None:
        if extra := sorted(map(str, set(node) - {"field", "op", "value"})):
            self.note(path, "key", key=_short(extra[0]))
        op = node.get("op")
        if not isinstance(op, str) or op not in known.operators:
            self.note(path, "operator", field=known.label, op=_short(op))
            return None
        try:
            return Test(known, op, self.value(known, op, node.get("value")))
        except _Bad as bad:
            self.note(path, bad.name, field=known.label, **bad.blanks)
            return None

    def value(self, known: Field, op: str, raw: Any) -> Any:
        match SHAPES[op]:
            case Shape.NOTHING:
                return _nothing(raw)
            case Shape.DAYS:
                return _whole(raw, 0, MAX_DAYS, "days")
            case Shape.ONE:
                return self.scalar(known, raw)
            case Shape.LIST:
                return tuple(dict.fromkeys(self.scalar(known, one) for one in _values(raw)))
            case Shape.PAIR:
                return self.pair(known, raw)

    def pair(self, known: Field, raw: Any) -> tuple[Any, Any]:
        if not isinstance(raw, list) or len(raw) != 2:
            raise _Bad("pair")
        low, high = (self.scalar(known, one) for one in raw)
        if low > high:
            raise _Bad("order")
        return low, high

    def scalar(self, known: Field, raw: Any) -> Any:
        value = _scalar(known.type, raw)
        if known.choices or known.choices_from:
            self.check_choice(known, value)
        return value

    def check_choice(self, known: Field, value: Any) -> None:
        # An ordered choice is compared by rank, so an unknown one can never be evaluated.
        if (self.check_values or known.ordered) and value not in dict(known.options()):
            raise _Bad("choice", value=_short(value))

    def count(self, node: Mapping[str, Any], path: str) -> Count | None:
        kind = self.kind(node["event"], path)
        if kind is None:
            return None
        if extra := sorted(map(str, set(node) - {"event", "op", "count", "days"})):
            self.note(path, "key", key=_short(extra[0]))
        where = self.where(kind, node["event"].get("where", []), f"{path}.event.where")
        op = node.get("op")
        if op not in EVENT_OPERATORS:
            self.note(path, "operator", field=kind.label, op=_short(op))
            return None
        try:
            return Count(kind, op, _times(op, node.get("count")), _days(node.get("days")), where)
        except _Bad as bad:
            self.note(path, bad.name, field=kind.label, **bad.blanks)
            return None

    def kind(self, event: Any, path: str) -> EventKind | None:
        key = event.get("kind") if isinstance(event, Mapping) else None
        known = self.catalogue.events.get(key) if isinstance(key, str) else None
        if known is None:
            self.note(path, "event", event=_short(key))
        elif extra := sorted(map(str, set(event) - {"kind", "where"})):
            self.note(path, "key", key=_short(extra[0]))
        return known

    def where(self, kind: EventKind, nodes: Any, path: str) -> tuple[Test, ...]:
        if not isinstance(nodes, list) or len(nodes) > MAX_VALUES:
            self.note(path, "list")
            return ()
        self.seen += len(nodes)
        found = (self.property(kind, node, f"{path}[{n}]") for n, node in enumerate(nodes))
        return tuple(one for one in found if one is not None)

    def property(self, kind: EventKind, node: Any, path: str) -> Test | None:
        key = node.get("field") if isinstance(node, Mapping) else None
        known = kind.field(key) if isinstance(key, str) else None
        if known is None:
            self.note(path, "field", field=_short(key))
            return None
        return self.test(known, node, path)


def _mode(node: Any) -> str | None:
    if isinstance(node, Mapping) and len(node) == 1 and (mode := next(iter(node))) in MODES:
        return str(mode)
    return None


def _short(value: Any) -> str:
    return str(value)[:60] if value is not None else "?"


def _nothing(raw: Any) -> None:
    if raw is not None:
        raise _Bad("no_value")


def _values(raw: Any) -> list[Any]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_VALUES:
        raise _Bad("values", limit=MAX_VALUES)
    return raw


def _whole(raw: Any, low: int, high: int, name: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
        raise _Bad(name, low=low, high=high)
    return raw


def _times(op: str, raw: Any) -> int:
    if op == "never":
        _nothing(raw or None)
        return 0
    return _whole(raw, 1 if op == "at_least" else 0, MAX_COUNT, "count")


def _days(raw: Any) -> int | None:
    return None if raw is None else _whole(raw, 1, MAX_DAYS, "days")


def _scalar(kind: Type, raw: Any) -> Any:
    match kind:
        case Type.NUMBER | Type.MONEY:
            return _number(raw)
        case Type.DATE | Type.DATETIME:
            return _day(raw)
        case Type.BOOLEAN:
            if not isinstance(raw, bool):
                raise _Bad("boolean")
            return raw
        case Type.REFERENCE | Type.REFERENCES:
            return _whole(raw, 0, 2**63 - 1, "reference")
        case Type.TEXT | Type.CHOICE | Type.CHOICES:
            return _text(raw)


def _number(raw: Any) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not abs(raw) <= MAX_NUMBER:
        raise _Bad("number")
    if round(value := Decimal(str(raw)), 6) != value:
        raise _Bad("number")
    return value


def _day(raw: Any) -> date:
    value = read_day(raw)
    if value is None or value.year not in _YEARS:
        raise _Bad("date")
    return value


def _text(raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip() or len(raw) > MAX_TEXT:
        raise _Bad("text", limit=MAX_TEXT)
    # PostgreSQL stores neither NUL nor half of a surrogate pair.
    if "\x00" in raw or any(0xD800 <= ord(char) <= 0xDFFF for char in raw):
        raise _Bad("text", limit=MAX_TEXT)
    return raw

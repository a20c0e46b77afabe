"""Rules while somebody writes them: what may be kept although it cannot be asked yet; pure, no Django."""

from collections.abc import Iterator, Mapping
from typing import Any

from leadflow.conditions.grammar import MAX_CONDITIONS, MAX_DEPTH, MAX_TEXT, MAX_VALUES, MODES

_OF_TEST = frozenset({"field", "op", "value"})
_OF_COUNT = frozenset({"event", "op", "count", "days"})


def is_rule(document: Any) -> bool:
    """Whether this has the shape of a rule, where values may be missing or not fit yet.

    `parse` says what is missing. Anything of another shape, size or depth is no rule that a draft keeps.
    """
    if document == {}:
        return True
    if not isinstance(document, Mapping) or not (set(document) & set(MODES)):
        return False
    seen = list(_read(document, 1))
    return all(seen) and len(seen) <= 3 * MAX_CONDITIONS


def _read(node: Any, depth: int) -> Iterator[bool]:
    """For each part whether it may stand there."""
    if not isinstance(node, Mapping):
        yield False
    elif "field" in node or "event" in node:
        yield from _of_row(node)
    else:
        inner = next(iter(node.values())) if len(node) == 1 else None
        yield depth <= MAX_DEPTH and isinstance(inner, list) and next(iter(node)) in MODES
        for item in _short(inner) if depth <= MAX_DEPTH else ():
            yield from _read(item, depth + 1)


def _of_row(node: Mapping[str, Any]) -> Iterator[bool]:
    if "event" not in node:
        yield set(node) <= _OF_TEST and isinstance(node["field"], str) and _is_plain(node)
        return
    event = node["event"]
    rest = {key: value for key, value in node.items() if key != "event"}
    yield set(node) <= _OF_COUNT and _is_plain(rest) and isinstance(event, Mapping)
    if isinstance(event, Mapping):
        yield set(event) <= {"kind", "where"} and _is_plain({"kind": event.get("kind")})
        for test in _short(event.get("where", [])):
            yield isinstance(test, Mapping) and "field" in test and all(_of_row(test))


def _short(items: Any) -> list[Any]:
    """The items, one more than may be at most: that many are refused by their number."""
    return items[: 3 * MAX_CONDITIONS + 1] if isinstance(items, list) else []


def _is_plain(values: Mapping[str, Any]) -> bool:
    return all(_is_value(one) for one in values.values())


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= MAX_VALUES and all(
            not isinstance(one, list) and _is_value(one) for one in value
        )
    if isinstance(value, str):
        return len(value) <= 2 * MAX_TEXT and not any(_is_unstorable(char) for char in value)
    return value is None or isinstance(value, bool | int | float)


def _is_unstorable(char: str) -> bool:
    """PostgreSQL stores neither NUL nor half of a surrogate pair."""
    return char == "\x00" or 0xD800 <= ord(char) <= 0xDFFF

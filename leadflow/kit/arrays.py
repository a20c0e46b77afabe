"""Thousands of values as one parameter: an array as PostgreSQL writes it.

A driver sends a list as one constant for each value, and the server parses each: that costs more than what
is done with most of them. The text of an array is one constant.
"""

from collections.abc import Iterable
from typing import Any

_NUMBERS = {int, type(None)}
_BETWEEN = "\0"  # stands in no value: PostgreSQL has no text with it


def literal(values: Iterable[Any]) -> str:
    """The array of these values, for `%s::type[]`; None is NULL. ValueError for a text with a NUL."""
    given = list(values)
    if not given:
        return "{}"
    if _NUMBERS.issuperset(map(type, given)):
        return "{" + ",".join(map(str, given)).replace("None", "NULL") + "}"
    if None in given:
        return "{" + ",".join(["NULL" if one is None else _quoted(str(one)) for one in given]) + "}"
    # one text for all, changed as a whole: a call for each value would cost more than all of it
    text = _BETWEEN.join(map(str, given))
    if text.count(_BETWEEN) != len(given) - 1:
        raise ValueError("A text cannot hold a NUL.")
    return _quoted(text).replace(_BETWEEN, '","').join("{}")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

"""Rows in a stable order, page by page, by key: where a page ends is said by the last row's values.

An order is one or more columns, then the id; empty values come last whichever way it goes. The first
column decides along which index a page is walked, those after it only put equal rows in order.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy


class By(NamedTuple):
    """One column of an order: a model path, whether it may be empty, and whether it goes downwards."""

    path: str
    nullable: bool
    down: bool


class Cursor(NamedTuple):
    """Where a row stands: its value in each column of the order, and its id."""

    values: tuple[Any, ...]
    pk: int


def sliced(
    queryset: QuerySet[Any], order: Sequence[By], cursor: Cursor | None, is_back: bool, size: int
) -> list[Any]:
    """One page of the order, read backwards from the cursor where `is_back`.

    Filled and empty values of the first column are asked for apart, the second only if the first do not
    fill the page: one condition for both can be served by no index, and an outer join gives no order to
    walk along.
    """
    rows: list[Any] = []
    for part in parts(queryset, order, cursor, is_back):
        rows += part[: size - len(rows)]
        if len(rows) == size:
            break
    return rows


def parts(
    queryset: QuerySet[Any], order: Sequence[By], cursor: Cursor | None, is_back: bool
) -> Iterator[QuerySet[Any]]:
    """The rows past the cursor in reading order: at most two querysets."""
    if cursor and len(cursor.values) != len(order):
        cursor = None  # of another order: the first page
    if is_back:
        order = [by._replace(down=not by.down) for by in order]
    first, *rest = order
    further = [_in_order(by, is_back) for by in rest]
    last = "-pk" if first.down else "pk"
    ordered = queryset.order_by(("-" if first.down else "") + first.path, *further, last)
    if not first.nullable:
        yield _past(ordered, order, cursor, is_back)
        return
    filled, nobody = (
        Q(**{f"{first.path}__isnull": False}),
        _unfilled(queryset, first, further, last),
    )
    if cursor and cursor.values[0] is None:
        yield _past(nobody, order, cursor, is_back)
        if is_back:
            yield ordered.filter(filled)
        return
    if is_back and not cursor:
        yield nobody
    yield _past(ordered.filter(filled), order, cursor, is_back)
    if not is_back:
        yield nobody


def _in_order(by: By, is_back: bool) -> OrderBy:
    nulls = {"nulls_first": True} if is_back else {"nulls_last": True}
    return OrderBy(F(by.path), descending=by.down, **(nulls if by.nullable else {}))


def _unfilled(
    queryset: QuerySet[Any], first: By, further: Sequence[OrderBy], last: str
) -> QuerySet[Any]:
    """Rows without a value in the first column. It is named in the order too, though it orders nothing:
    PostgreSQL takes an index on (column, id) for it only then."""
    relation, _sep, rest = first.path.partition("__")
    rows = queryset.filter(**{f"{relation}__isnull": True})
    if not rest:
        return rows.order_by("-" + first.path if first.down else first.path, *further, last)
    if queryset.model._meta.get_field(relation).concrete:
        # the index holds the id the other way round
        return rows.order_by(f"{relation}_id" if first.down else f"-{relation}_id", *further, last)
    return rows.order_by(*further, last)


def _past(
    rows: QuerySet[Any], order: Sequence[By], cursor: Cursor | None, is_back: bool
) -> QuerySet[Any]:
    """Those past the cursor; a made-up one means the first page."""
    if not cursor:
        return rows
    first, *rest = order
    value, *values = cursor.values
    with suppress(ValueError, TypeError, OverflowError, ValidationError):
        further = _beyond(rest, values, cursor.pk, first.down, is_back)
        if value is None:
            return rows.filter(further)
        side = "lt" if first.down else "gt"
        # the bound stands alone first, so that an index serves it
        bound = Q(**{f"{first.path}__{side}e": value})
        same = Q(**{first.path: value})
        return rows.filter(bound & (Q(**{f"{first.path}__{side}": value}) | same & further))
    return rows


def _beyond(
    order: Sequence[By], values: Sequence[Any], pk: int, down: bool, nulls_first: bool
) -> Q:
    """Rows past the cursor among those that are equal so far."""
    if not order:
        return Q(**{"pk__lt" if down else "pk__gt": pk})
    (by, *rest), (value, *others) = order, values
    further = _beyond(rest, others, pk, down, nulls_first)
    empty = Q(**{f"{by.path}__isnull": True})
    if value is None:
        return ~empty | empty & further if nulls_first else empty & further
    beyond = Q(**{f"{by.path}__{'lt' if by.down else 'gt'}": value})
    if by.nullable and not nulls_first:
        beyond |= empty
    return beyond | Q(**{by.path: value}) & further


_TYPES: dict[str, Any] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "n": Decimal,
    "i": int,
    "f": float,
    "s": str,
}


def encoded(row: Any, order: Sequence[By]) -> str:
    """Where a row stands, as a word for the URL."""
    packed: list[Any] = []
    for by in order:
        value = row
        for part in by.path.split("__"):
            value = getattr(value, part, None)
        packed += _tagged(value)
    return base64.urlsafe_b64encode(json.dumps([*packed, row.pk]).encode()).decode().rstrip("=")


def _tagged(value: Any) -> tuple[str, Any]:
    """A value with its type, so that it comes back as it was."""
    if value is None or isinstance(value, bool):
        return "", value
    if isinstance(value, datetime):
        return "t", value.isoformat()
    if isinstance(value, date):
        return "d", value.isoformat()
    if isinstance(value, Decimal):
        return "n", str(value)
    kind = {int: "i", float: "f"}.get(type(value), "s")
    return kind, value if isinstance(value, int | float) else str(value)


def decoded(word: str) -> Cursor | None:
    """The cursor of a URL; None for anything that is not one."""
    try:
        raw = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
        *packed, pk = json.loads(raw)
        pairs = zip(packed[::2], packed[1::2], strict=True)
        values = tuple(_untagged(tag, value) for tag, value in pairs)
        return Cursor(values, int(pk)) if values else None
    except (ValueError, TypeError, KeyError, InvalidOperation, binascii.Error, OverflowError):
        return None


def _untagged(tag: Any, value: Any) -> Any:
    if tag:
        value = _TYPES[tag](value)
    elif value is not None and not isinstance(value, bool):
        raise ValueError(tag)
    if isinstance(value, str) and "\x00" in value:
        raise ValueError(tag)
    return value

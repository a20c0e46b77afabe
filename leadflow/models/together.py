"""Rows of several tables written in one statement: one round trip where row by row takes a dozen.

Services that can share a statement take `together`: given one, they add their rows to it and leave
the writing to whoever made it; without one they write at once, by the same rules.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from types import NoneType
from typing import Any

from django.db import connection, models

# Values that a column takes as they are; anything else is asked of its field.
_PLAIN = frozenset({str, int, float, bool, datetime, NoneType})
_PLAIN_FIELDS = {
    models.BigAutoField, models.BigIntegerField, models.BooleanField, models.CharField,
    models.DateTimeField, models.EmailField, models.FloatField, models.ForeignKey,
    models.OneToOneField, models.PositiveIntegerField, models.PositiveSmallIntegerField,
    models.TextField,
}  # fmt: skip

Model = type[models.Model]
Shape = tuple[tuple[Model, bool, int], ...]


class Together:
    """New rows that wait to be inserted at once.

    A row that another one names takes its id from `new_id` first; foreign keys are checked at the
    commit, so tables may come in any order. Rows of one table get their ids in the order of adding.
    """

    def __init__(self) -> None:
        self._rows: dict[Model, list[models.Model]] = {}
        self._ids: dict[Model, list[int]] = {}

    def hold(self, model: Model, pk: int) -> None:
        """Give `new_id` an id that was taken with another question; unused it is lost, as any gap."""
        self._ids.setdefault(model, []).append(pk)

    def new_id(self, model: Model) -> int:
        """An id for a row of that model: one that is held, else a fresh one."""
        if held := self._ids.get(model):
            return held.pop(0)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {next_id(model)}")
            return int(cursor.fetchone()[0])

    def add(self, rows: Iterable[models.Model]) -> None:
        """Let these rows be written with the others; they may still change until then."""
        for row in rows:
            self._rows.setdefault(type(row), []).append(row)

    def insert(self) -> None:
        """Write all rows in one statement. A row without an id stays without: nobody asked for it."""
        if not self._rows:
            return
        shape = tuple(
            (model, rows[0].pk is not None, len(rows)) for model, rows in self._rows.items()
        )
        values: list[Any] = []
        for model, has_id, _count in shape:
            for row in self._rows[model]:
                values += _values(row, _columns(model, has_id))
        with connection.cursor() as cursor:
            cursor.execute(_statement(shape), values)
        for rows in self._rows.values():
            for row in rows:
                row._state.adding, row._state.db = False, connection.alias
        self._rows = {}


def insert_from(row: models.Model, source: str) -> tuple[str, list[Any]]:
    """The INSERT of a new row for each row of `source`, as a part of a larger statement."""
    return _insert_from(type(row), source), list(_values(row, _columns(type(row), False)))


@lru_cache(maxsize=64)
def _insert_from(model: Model, source: str) -> str:
    quote = connection.ops.quote_name
    columns = [quote(str(field.column)) for field, *_how in _columns(model, False)]
    values = ", ".join(["%s"] * len(columns))
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {source}"  # noqa: S608 our own tables


@lru_cache(maxsize=64)
def next_id(model: Model) -> str:
    """The SQL that takes the next id of a table."""
    table, column = model._meta.db_table, model._meta.pk.column
    return f"nextval(pg_get_serial_sequence('\"{table}\"', '{column}'))"


@lru_cache(maxsize=128)
def _columns(model: Model, has_id: bool) -> "list[tuple[models.Field[Any, Any], str, bool]]":
    """The fields that an insert fills, with attribute and whether plain values pass as they are."""
    return [
        (field, field.attname, type(field) in _PLAIN_FIELDS and not _fills_itself(field))
        for field in model._meta.concrete_fields
        if not field.generated and (has_id or not field.primary_key)
    ]


def _fills_itself(field: "models.Field[Any, Any]") -> bool:
    return getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)


def _values(
    row: models.Model, columns: "list[tuple[models.Field[Any, Any], str, bool]]"
) -> Iterator[Any]:
    told = row.__dict__
    for field, attname, is_plain in columns:
        value = told[attname]
        if is_plain and type(value) in _PLAIN:
            yield value
        else:
            yield field.get_db_prep_save(field.pre_save(row, add=True), connection)


@lru_cache(maxsize=512)
def _statement(shape: Shape) -> str:
    """WITH a AS (INSERT …), b AS (INSERT …) SELECT 1: the database runs each insert exactly once."""
    quote = connection.ops.quote_name
    parts = []
    for number, (model, has_id, count) in enumerate(shape):
        columns = [quote(str(field.column)) for field, *_how in _columns(model, has_id)]
        one = f"({', '.join(['%s'] * len(columns))})"
        parts.append(
            f"t{number} AS (INSERT INTO {quote(model._meta.db_table)} "  # noqa: S608 our own tables
            f"({', '.join(columns)}) VALUES {', '.join([one] * count)})"
        )
    return f"WITH {', '.join(parts)} SELECT 1"

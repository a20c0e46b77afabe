"""Writing many rows in one narrow statement, where the ORM's own would cost more than the database's work."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.db import connection
from django.db.models import DateTimeField, JSONField, Model
from django.db.models.functions import Now

from leadflow.kit.arrays import literal

CHUNK = 1_000
AnyField = Any  # a field of a model; its two type parameters say nothing here


def insert_new(rows: Sequence[Model]) -> None:
    """Insert rows of one model, leaving out those that a constraint already knows, as
    `bulk_create(ignore_conflicts=True)` does: each column goes over as one array, one that is the same in
    all rows as one value.

    Fields of the usual types only; a value may be `Now()`, the time of the database. The ids are not set.
    """
    for begin in range(0, len(rows), CHUNK):
        some = rows[begin : begin + CHUNK]
        varying = {
            field.attname: [getattr(row, field.attname) for row in some]
            for field in some[0]._meta.concrete_fields
            if not field.primary_key and not _is_stamp(field)
        }
        insert_alike(some[0], varying, len(some))


def insert_alike(
    row: Model,
    varying: Mapping[str, Sequence[Any]],
    count: int,
    returning: Sequence[str] = (),
    *,
    known_by: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert `count` rows that are as `row` but for the columns `varying`, leaving out what a constraint
    already knows; what `returning` names of those that went in. A UUID may be `RandomUUID()`, drawn by the
    database for each row. `known_by` names the columns of the one constraint that may know a row: the
    database then looks into no other index first."""
    fields = {
        field: varying.get(field.attname) or [_own(field, row)]
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    sql, params = _statement(row, *_parted(fields), count, returning, known_by)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall()) if returning else []


def update_alike(
    model: type[Model], ids: Sequence[int], columns: Mapping[str, Sequence[Any]]
) -> None:
    """Set these columns of the rows of these ids, which are all there; values in the order of the ids."""
    fields = {model._meta.get_field(name): values for name, values in columns.items()}
    shared, arrays = _parted(fields)
    key = [("id", model._meta.pk, literal(ids)), *arrays]
    taken = [f"{name} = {sql}" for name, (sql, _params) in shared]
    taken += [f"{name} = given.{name}" for name, _field, _array in arrays]
    table = connection.ops.quote_name(model._meta.db_table)
    # asked by the array as well: of what is unnested the planner knows nothing, and would read the whole table
    sql = (
        f"UPDATE {table} kept SET {', '.join(taken)} FROM {_given_rows(key)}"  # noqa: S608  names of our models
        " WHERE kept.id = given.id AND kept.id = ANY(%s::bigint[])"
    )
    params = [one for _name, (_sql, some) in shared for one in some]
    params += [array for _name, _field, array in key]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, key[0][2]])


Shared = list[tuple[str, tuple[str, list[Any]]]]  # column, its SQL, the parameters of that
Arrays = list[tuple[str, AnyField, str]]  # column, field, the array as text


def _parted(columns: Mapping[AnyField, Sequence[Any]]) -> tuple[Shared, Arrays]:
    """What is the same in all rows, and what is not."""
    shared: Shared = []
    arrays: Arrays = []
    for field, told in columns.items():
        values = _plain(field, told)
        name = connection.ops.quote_name(str(field.column))
        if values.count(values[0]) == len(values):
            shared.append((name, _shared(field, values[0])))
        else:
            arrays.append((name, field, literal(values)))
    return shared, arrays


def _given_rows(arrays: Arrays) -> str:
    types = ", ".join(f"%s::{field.db_type(connection)}[]" for _name, field, _array in arrays)
    return f"unnest({types}) AS given ({', '.join(name for name, _field, _array in arrays)})"


def _is_stamp(field: AnyField) -> bool:
    return bool(getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False))


def _own(field: AnyField, row: Model) -> Any:
    return field.pre_save(row, add=True) if _is_stamp(field) else getattr(row, field.attname)


def _plain(field: AnyField, values: Sequence[Any]) -> Sequence[Any]:
    """The values as they go over; the time of the database is None."""
    if isinstance(field, JSONField):
        return [None if one is None else json.dumps(one, cls=field.encoder) for one in values]
    if isinstance(field, DateTimeField):
        return [None if isinstance(one, Now) else one for one in values]
    return values


def _may_be_now(field: AnyField) -> bool:
    return isinstance(field, DateTimeField) and not field.null


def _shared(field: AnyField, value: Any) -> tuple[str, list[Any]]:
    """The SQL of a value that all rows have, and its parameters."""
    if value is None and _may_be_now(field):
        return "statement_timestamp()", []
    if isinstance(value, RandomUUID):
        return "gen_random_uuid()", []
    return f"%s::{field.db_type(connection)}", [value if _is_known(value) else str(value)]


def _is_known(value: Any) -> bool:
    """Whether the driver sends it by itself."""
    return value is None or type(value) in (str, int, float, bool)


def _statement(
    row: Model,
    shared: Shared,
    arrays: Arrays,
    count: int,
    returning: Sequence[str],
    known_by: Sequence[str],
) -> tuple[str, list[Any]]:
    names = [name for name, _value in shared] + [name for name, _field, _array in arrays]
    taken = [sql for _name, (sql, _params) in shared]
    taken += [_given(name, field) for name, field, _array in arrays]
    params = [one for _name, (_sql, some) in shared for one in some]
    if arrays:
        source = _given_rows(arrays)
        params += [array for _name, _field, array in arrays]
    else:
        source = "generate_series(1, %s)"
        params.append(count)
    table = connection.ops.quote_name(row._meta.db_table)
    target = f"({', '.join(map(connection.ops.quote_name, known_by))}) " if known_by else ""
    sql = (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(taken)}"  # noqa: S608  names of our models
        f" FROM {source} ON CONFLICT {target}DO NOTHING"
    )
    if returning:
        sql += f" RETURNING {', '.join(connection.ops.quote_name(name) for name in returning)}"
    return sql, params


def _given(name: str, field: AnyField) -> str:
    """A column of the arrays; where it may hold no NULL, that stands for the time of the database."""
    return (
        f"coalesce(given.{name}, statement_timestamp())" if _may_be_now(field) else f"given.{name}"
    )

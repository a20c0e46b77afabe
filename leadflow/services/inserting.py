"""Writing many rows in one narrow statement, where the ORM's own would cost more than the database's work."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, JSONField, Model, UUIDField
from django.db.models.functions import Now
from psycopg2.extras import Json

CHUNK = 1_000


def insert_new(rows: Sequence[Model]) -> None:
    """Insert rows of one model, leaving out those that a constraint already knows, as
    `bulk_create(ignore_conflicts=True)` does: each column goes over as one array.

    Fields of the usual types only; a value may be `Now()`, the time of the database. The ids are not set.
    """
    if not rows:
        return
    fields: list[Any] = [one for one in rows[0]._meta.concrete_fields if not one.primary_key]
    sql = _statement(rows[0], fields)
    with connection.cursor() as cursor:
        for begin in range(0, len(rows), CHUNK):
            some = rows[begin : begin + CHUNK]
            cursor.execute(sql, [[_value(one, row) for row in some] for one in fields])


def _statement(row: Model, fields: Sequence["Field[Any, Any]"]) -> str:
    quoted = [connection.ops.quote_name(str(one.column)) for one in fields]
    taken = [
        f"coalesce({name}, statement_timestamp())" if _may_be_now(one) else name
        for name, one in zip(quoted, fields, strict=True)
    ]
    arrays = ", ".join(f"%s::{one.db_type(connection)}[]" for one in fields)
    names = ", ".join(quoted)
    table = connection.ops.quote_name(row._meta.db_table)
    return (
        f"INSERT INTO {table} ({names}) SELECT {', '.join(taken)}"  # noqa: S608  names of our models
        f" FROM unnest({arrays}) AS given ({names}) ON CONFLICT DO NOTHING"
    )


def _may_be_now(field: "Field[Any, Any]") -> bool:
    return not field.null and field.get_internal_type() == "DateTimeField"


def _value(field: "Field[Any, Any]", row: Model) -> Any:
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return field.pre_save(row, add=True)
    value = getattr(row, field.attname)
    if isinstance(value, Now):
        return None
    if isinstance(field, JSONField):
        return Json(value)
    if isinstance(field, UUIDField) and value is not None:
        return str(value)
    return str(value) if isinstance(value, str) else value

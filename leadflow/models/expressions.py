"""Expressions that PostgreSQL has and the ORM lacks."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Aggregate, BooleanField, F, FloatField, Func
from django.db.models.sql.compiler import SQLCompiler

from leadflow.kit.arrays import literal


class Percentile(Aggregate):
    """The value below which a share of the rows lies, interpolated."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, share: float, **extra: Any) -> None:
        super().__init__(expression, share=float(share), **extra)


class Seconds(Func):
    """How many seconds the first time lies after the second."""

    template = "EXTRACT(EPOCH FROM (%(expressions)s))"
    arg_joiner = " - "
    output_field = FloatField()

    def __init__(self, later: Any, earlier: Any) -> None:
        super().__init__(later, earlier)


class Among(Func):
    """`field__in` for thousands of values: they go over as one array instead of a parameter each."""

    output_field = BooleanField()

    def __init__(self, field: str, values: Iterable[Any]) -> None:
        super().__init__(F(field))
        self.array = literal(values)

    def as_sql(self, compiler: SQLCompiler, connection: Any, **_more: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """The column compared with the array, which has the type of the column."""
        (field,) = self.get_source_expressions()
        column, params = compiler.compile(field)
        kind = field.output_field.db_type(connection)
        return f"{column} = ANY(%s::{kind}[])", [*params, self.array]

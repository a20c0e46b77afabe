"""Expressions that PostgreSQL has and the ORM lacks."""

from typing import Any

from django.db.models import Aggregate, FloatField, Func


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

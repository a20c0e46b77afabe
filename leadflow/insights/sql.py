"""Expressions that PostgreSQL has and the ORM lacks."""

from typing import Any

from django.db.models import Aggregate, FloatField, Func, IntegerField, Value
from django.db.models.expressions import Combinable


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


class Bucket(Func):
    """The number, from 1 on, of the equal part of [start, end) that a time falls into."""

    function = "width_bucket"
    output_field = IntegerField()

    def __init__(self, moment: str | Combinable, start: float, end: float, parts: int) -> None:
        epoch = Func(moment, template="EXTRACT(EPOCH FROM %(expressions)s)::float8")
        bounds = [Value(float(start), FloatField()), Value(float(end), FloatField())]
        super().__init__(epoch, *bounds, Value(parts))

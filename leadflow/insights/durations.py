"""How long things took: the exact median and ninetieth percentile of many durations, read from few.

The sums hold, by day, how many durations lie in each step of a scale (`measures.STEP`). They say in which
step a quantile lies and how many of that step come before it, so only the rows of that step are read and
sorted, however many there are in all. Of a part of the organisation all are sorted: they are fewer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Avg, Count, Q, Value

from leadflow.insights.measures import STEP, TOOK
from leadflow.insights.models import Counted
from leadflow.models.expressions import Percentile

QUANTILES = (0.5, 0.9)

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Timing:
    """Durations in seconds; nothing where there is no row."""

    n: int = 0
    median: float | None = None
    p90: float | None = None
    mean: float | None = None


class Span(NamedTuple):
    """The durations of one measure on some days; the last is not included."""

    key: Key
    measure: str
    first: date
    end: date


class Steps(NamedTuple):
    """How the durations of a span lie on the scale."""

    span: Span
    counts: list[tuple[int, int]]  # step and how many, the shortest first
    seconds: Decimal

    @property
    def n(self) -> int:
        return sum(n for _step, n in self.counts)

    def place(self, share: float) -> float:
        """Where a quantile lies among the durations in their order, counted from 0."""
        return share * (self.n - 1)

    def find(self, rank: int) -> tuple[int, int]:
        """The step of one in that order, and how many of its step come before it."""
        for step, n in self.counts:
            if rank < n:
                return step, rank
            rank -= n
        raise IndexError(rank)


def timings(scope: Q, spans: Sequence[Span]) -> dict[Key, Timing]:
    """The durations of each span in a scope; nothing for a span without any."""
    if scope:
        return _sorted(scope, spans)
    found = [*_steps(spans)]
    ranks = [[*_ranks(one)] for one in found]
    read = _read([(one, rank) for one, some in zip(found, ranks, strict=True) for rank in some])
    if len(read) < sum(len(some) for some in ranks):
        return _sorted(scope, spans)  # somebody changed a row between the two questions
    return {one.span.key: _timing(one, read) for one in found}


def _ranks(steps: Steps) -> Iterator[int]:
    """Those whose durations have to be known."""
    last = steps.n - 1
    places = [int(steps.place(share)) for share in QUANTILES]
    yield from sorted({min(place + more, last) for place in places for more in (0, 1)})


def _timing(steps: Steps, read: dict[tuple[Key, int], float]) -> Timing:
    quantiles = []
    for share in QUANTILES:
        low = int(steps.place(share))
        one = read[steps.span.key, low]
        other = read[steps.span.key, min(low + 1, steps.n - 1)]
        quantiles.append(one + (other - one) * (steps.place(share) - low))
    return Timing(steps.n, quantiles[0], quantiles[1], float(steps.seconds / steps.n))


_STEPS = """
SELECT span, detail, sum(n), sum(amount)
FROM unnest(%s::int[], %s::text[], %s::date[], %s::date[]) wanted (span, name, first, until)
CROSS JOIN LATERAL (
    SELECT detail, n, amount FROM insights_dailyfact WHERE measure = name AND day >= first AND day < until
    UNION ALL
    SELECT detail, n, amount FROM insights_delta WHERE measure = name AND day >= first AND day < until
) sums
GROUP BY span, detail HAVING sum(n) <> 0 ORDER BY span, detail
"""


def _steps(spans: Sequence[Span]) -> Iterator[Steps]:
    columns = [*range(len(spans))], [TOOK + one.measure for one in spans]
    days = [one.first for one in spans], [one.end for one in spans]
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, [*columns, *days])
        rows = cursor.fetchall()
    for number, some in groupby(rows, lambda row: row[0]):
        group = list(some)
        counts = [(step, n) for _span, step, n, _seconds in group]
        yield Steps(spans[number], counts, sum((row[3] for row in group), Decimal(0)))


# The expression is that of the index `counted_by_step`.
_READ = f"""
SELECT pick, seconds
FROM unnest(%s::int[], %s::text[], %s::date[], %s::date[], %s::int[], %s::int[])
    wanted (pick, name, first, until, step, before)
CROSS JOIN LATERAL (
    SELECT seconds FROM insights_counted
    WHERE measure = name AND {STEP} = step AND seconds >= 0 AND day >= first AND day < until
    ORDER BY seconds OFFSET before LIMIT 1
) one
"""  # noqa: S608 - a constant


def _read(picks: Sequence[tuple[Steps, int]]) -> dict[tuple[Key, int], float]:
    """The durations at these ranks."""
    columns: list[list[Any]] = [[], [], [], [], [], []]
    for number, (steps, rank) in enumerate(picks):
        span = steps.span
        row = (number, span.measure, span.first, span.end, *steps.find(rank))
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    with connection.cursor() as cursor:
        cursor.execute(_READ, columns)
        rows = cursor.fetchall()
    return {(picks[number][0].span.key, picks[number][1]): seconds for number, seconds in rows}


def _sorted(scope: Q, spans: Sequence[Span]) -> dict[Key, Timing]:
    parts: list[Any] = []
    for number, span in enumerate(spans):
        rows = Counted.objects.filter(
            scope, measure=span.measure, day__gte=span.first, day__lt=span.end, seconds__gte=0
        )
        parts.append(
            rows.order_by().annotate(span=Value(number)).values("span").annotate(
                n=Count("pk"), median=Percentile("seconds", 0.5), p90=Percentile("seconds", 0.9),
                mean=Avg("seconds"),
            )
        )  # fmt: skip
    return {
        spans[row["span"]].key: Timing(row["n"], row["median"], row["p90"], row["mean"])
        for row in parts[0].union(*parts[1:], all=True)
    }

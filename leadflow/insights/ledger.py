"""Reading the sums: every number of several windows in one statement, and the rows behind each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    F,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from leadflow.insights import durations
from leadflow.insights import measures as m
from leadflow.insights.asking import Ask
from leadflow.insights.durations import Span, Timing
from leadflow.insights.models import Counted, DailyFact, Delta
from leadflow.kit.periods import Period
from pipeline import selectors as pipeline
from pipeline.selectors.chances import CHANCE

# how many days a cohort needs until it can be judged, by the measures that are asked for it
RIPE = {
    30: (m.LEAD, m.MQL_IN_TIME),
    90: (m.LEAD, m.CUSTOMER_IN_TIME),
    m.ACCEPTANCE: (m.OFFERED, m.ANSWERED),
}
# what is timed: of a range all, of the one it is compared with the tiles, of the year behind the cycle
TIMED = (*m.REACHED.values(), m.WON, m.CLOSED_NEW, m.TOUCHED)
TIMED_BEFORE = (m.WON, m.CLOSED_NEW, m.TOUCHED)
TIMED_IN_YEAR = (m.WON,)
DRAWN = (m.LEAD, m.MQL_IN_TIME, m.CUSTOMER_IN_TIME, m.WON, m.LOST, *m.CREDITS)


@dataclass(slots=True)
class Total:
    """A sum: how many, how much, and how many of it are old enough for each horizon."""

    n: int = 0
    amount: Decimal = Decimal(0)
    ripe: dict[int, int] = field(default_factory=dict)

    def add(self, other: "Total") -> None:
        self.n += other.n
        self.amount += other.amount
        for days, n in other.ripe.items():
            self.ripe[days] = self.ripe.get(days, 0) + n


Sums = dict[tuple[str, int | None, int | None], Total]  # (measure, source, detail)


def in_scope(ask: Ask) -> Q:
    """Whose: the owner and team at the time of the event."""
    return ask.scope() & ask.narrow()


def ripe_until(ask: Ask, days: int) -> date:
    """The last day that ended at least so many days ago."""
    today = ask.at.astimezone(ask.period.zone).date()
    return today - timedelta(days=days + 1)


class Ledger:
    """The windows of one page, each read once, all together; each with what is timed in it."""

    def __init__(self, ask: Ask, windows: Iterable[tuple[Period, tuple[str, ...]]]) -> None:
        self.ask = ask
        self._timed: dict[Period, set[str]] = {}
        for period, names in windows:
            self._timed.setdefault(period, set()).update(names)
        self.windows = list(self._timed)

    def _of(self, period: Period) -> int:
        if period not in self.windows:
            raise KeyError(period)
        return self.windows.index(period)

    def sums(self, period: Period) -> Sums:
        """Every sum of a window, and those of what has no day."""
        return self._sums[self._of(period)]

    def timing(self, period: Period, measure: str) -> Timing:
        """How long it took those of a window. KeyError for what is not timed in it."""
        if measure not in self._timed[period]:
            raise KeyError(measure)
        return self._timings.get((self._of(period), measure), Timing())

    def days(self, period: Period) -> Mapping[str, Mapping[date, tuple[int, Decimal]]]:
        """What is drawn, by day."""
        return self._days[self._of(period)]

    @cached_property
    def _sums(self) -> list[Sums]:
        parts: list[Any] = []
        for number, period in enumerate(self.windows):
            window = Q(day__gte=period.start_on, day__lt=period.end_on) | Q(day=None)
            found: dict[str, Any] = {
                f"ripe_{days}": Coalesce(
                    Sum("n", filter=Q(measure__in=names, day__lte=ripe_until(self.ask, days))), 0
                )
                for days, names in RIPE.items()
            }
            for model in (DailyFact, Delta):
                rows = model.objects.filter(in_scope(self.ask), window).order_by()
                rows = rows.exclude(measure__startswith=m.TOOK)  # read by `durations`
                parts.append(
                    rows.annotate(window=Value(number))
                    .values("window", "measure", "source_id", "detail")
                    .annotate(count=Sum("n"), money=Sum("amount"), **found)
                )
        sums: list[Sums] = [{} for _ in self.windows]
        for row in parts[0].union(*parts[1:], all=True):
            key = (row["measure"], row["source_id"], row["detail"])
            ripe = {days: row[f"ripe_{days}"] for days in RIPE}
            one = Total(row["count"], row["money"], ripe)
            sums[row["window"]].setdefault(key, Total()).add(one)
        return sums

    @cached_property
    def _timings(self) -> dict[tuple[int, str], Timing]:
        wanted = [
            Span((number, measure), measure, period.start_on, period.end_on)
            for number, period in enumerate(self.windows)
            for measure in sorted(self._timed[period])
        ]
        return durations.timings(in_scope(self.ask), wanted)

    @cached_property
    def _days(self) -> list[dict[str, dict[date, tuple[int, Decimal]]]]:
        parts: list[Any] = []
        for number, period in enumerate(self.windows):
            window = Q(day__gte=period.start_on, day__lt=period.end_on, measure__in=DRAWN)
            for model in (DailyFact, Delta):
                rows = model.objects.filter(in_scope(self.ask), window).order_by()
                parts.append(
                    rows.annotate(window=Value(number)).values("window", "measure", "day", "detail")
                    .annotate(count=Sum("n"), money=Sum("amount"))
                )  # fmt: skip
        found: list[dict[str, dict[date, tuple[int, Decimal]]]] = [{} for _ in self.windows]
        uncounted = self.uncounted
        for row in parts[0].union(*parts[1:], all=True):
            if row["measure"] == m.LOST and row["detail"] in uncounted:
                continue
            days = found[row["window"]].setdefault(row["measure"], {})
            n, money = days.get(row["day"], (0, Decimal(0)))
            days[row["day"]] = (n + row["count"], money + row["money"])
        return found

    @cached_property
    def reasons(self) -> "dict[int, pipeline.Reason]":
        """The reasons for which deals are lost, by id."""
        return pipeline.reasons()

    @cached_property
    def uncounted(self) -> set[int]:
        """Reasons that are nobody's loss."""
        return {pk for pk, reason in self.reasons.items() if not reason.counts}

    # --- as things stand now, whatever the window ---

    @cached_property
    def open_deals(self) -> dict[str, Any]:
        """What is open: counts, money, and money by probability."""
        return self.ask.deals().filter(status="open").aggregate(
            n=Count("pk"),
            priced=Count("base_amount"),
            amount=Sum("base_amount"),
            weighted=Sum(F("base_amount") * CHANCE / 100, output_field=DecimalField()),
        )  # fmt: skip

    @cached_property
    def open_leads(self) -> dict[str, int]:
        """How many leads somebody may work, and how many of them nobody does."""
        return self.ask.open_leads().order_by().aggregate(
            open=Count("pk"), unattended=Count("pk", filter=self.ask.unattended)
        )  # fmt: skip

    def medians(self, period: Period, measure: str, parts: int) -> list[float | None]:
        """The median duration in equal parts of a window."""
        ends = [period.start_on + timedelta(-(-period.days * n // parts)) for n in range(parts + 1)]
        wanted = [
            Span((part, measure), measure, first, end)
            for part, (first, end) in enumerate(pairwise(ends))
        ]
        found = durations.timings(in_scope(self.ask), wanted)
        return [found.get(one.key, Timing()).median for one in wanted]


def counted(ask: Ask, period: Period | None, *names: str) -> QuerySet[Counted]:
    """What leads or deals add to these measures in a window; without one, what has no day."""
    when = Q(day=None) if period is None else Q(day__gte=period.start_on, day__lt=period.end_on)
    return Counted.objects.filter(in_scope(ask), when, measure__in=names).order_by()

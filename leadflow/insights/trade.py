"""The numbers about deals: what was won and lost, how long it took, and what is open."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest, Least

from leadflow.insights import measures as m
from leadflow.insights.durations import Timing
from leadflow.insights.ledger import Ledger, counted
from leadflow.insights.models import Counted
from leadflow.insights.people import in_parts
from leadflow.kit.periods import Period
from leadflow.models.expressions import Seconds
from pipeline import selectors as pipeline

DAY = 86_400.0  # seconds

OPEN = Q(status="open")


@dataclass(frozen=True, slots=True)
class Closing:
    """What closed in a window. Money is of the base currency; None where none can be counted.

    Deals are those of their owner at winning, with `won_sum` as their amounts; `revenue` is what the scope is
    credited with, her shares of others' deals among it. Of the whole organisation both are the same.
    """

    won: int
    lost: int  # for a reason that counts
    not_counted: int
    won_sum: Decimal
    revenue: Decimal | None
    lost_sum: Decimal
    no_amount: int
    no_rate: int
    for_nothing: int
    no_start: int
    backwards: int
    unqualified: int
    cycle: Timing

    @property
    def priced(self) -> int:
        """Won with an amount above 0."""
        return self.won - self.no_amount - self.no_rate - self.for_nothing


class Trade:
    """The deals of a window."""

    def __init__(self, ledger: Ledger, period: Period, trailing: Period) -> None:
        self.ledger, self.period, self.trailing, self.ask = ledger, period, trailing, ledger.ask

    @cached_property
    def closing(self) -> Closing:
        """What closed in the window."""
        return self.closing_in(self.period)

    @cached_property
    def last_year(self) -> Closing:
        """What closed in the year up to the end of the window."""
        return self.closing_in(self.trailing)

    def closing_in(self, period: Period) -> Closing:
        """The same for any window of the ledger."""
        won, won_sum = self._total(period, m.WON)
        shares, revenue = self._total(period, *m.CREDITS)
        lost, lost_sum = self._total(period, m.LOST, counting=True)
        no_amount, no_rate = self.count(m.WON_NO_AMOUNT, period), self.count(m.WON_NO_RATE, period)
        return Closing(
            won=won,
            lost=lost,
            not_counted=self.count(m.LOST, period) - lost,
            won_sum=won_sum,
            revenue=revenue if shares or won > no_amount + no_rate else None,
            lost_sum=lost_sum,
            no_amount=no_amount,
            no_rate=no_rate,
            for_nothing=self.count(m.WON_FREE, period),
            no_start=self.count(m.WON_NO_START, period),
            backwards=self.count(m.WON_BACKWARDS, period),
            unqualified=self.count(m.WON_UNQUALIFIED, period),
            cycle=self.ledger.timing(period, m.WON),
        )

    def _total(self, period: Period, *measures: str, counting: bool = False) -> tuple[int, Decimal]:
        skipped = self.ledger.uncounted if counting else set()
        found = [
            one
            for (name, _source, detail), one in self.ledger.sums(period).items()
            if name in measures and detail not in skipped
        ]
        return sum(one.n for one in found), sum((one.amount for one in found), Decimal(0))

    def count(self, measure: str, period: Period | None = None, *, counting: bool = False) -> int:
        """How many of a measure; `counting` leaves out reasons that are nobody's loss."""
        return self._total(period or self.period, measure, counting=counting)[0]

    def credited(self, period: Period | None = None) -> QuerySet[Counted]:
        """The shares of revenue of a window: a row for each person that a deal is credited to."""
        return counted(self.ask, period or self.period, *m.CREDITS)

    @cached_property
    def credited_deals(self) -> int:
        """How many deals they are of. Several of one deal, in a team say, are told apart by its rows."""
        places = [self.count(name) for name in m.CREDITS]
        if self.ask.is_whole or sum(places) == max(places):
            return max(places)
        return self.credited().values("subject_id").distinct().count()

    @property
    def undated(self) -> dict[str, int]:
        """Deals without the date that a number over time needs, by what became of them."""
        names = {"open": m.UNDATED_OPEN, "won": m.UNDATED_WON, "lost": m.UNDATED_LOST}
        return {status: self.count(measure) for status, measure in names.items()}

    @property
    def to_close(self) -> Timing:
        """From lead to customer: how long it took those who bought in the window."""
        return self.ledger.timing(self.period, m.CLOSED_NEW)

    def reasons(self) -> list[tuple[int, str, int]]:
        """Why deals were lost in the window: id (0 without one), name, how many; the commonest first."""
        found: dict[int, int] = {}
        for (measure, _source, detail), one in self.ledger.sums(self.period).items():
            if measure == m.LOST and one.n:
                found[detail or 0] = found.get(detail or 0, 0) + one.n
        names = self.ledger.reasons if found else {}
        rows = [(pk, names[pk].name if pk in names else "", n) for pk, n in found.items()]
        return sorted(rows, key=lambda row: (-row[2], row[1]))

    # --- the rows behind ---

    def rows(
        self, *names: str, period: Period | None = None, where: Q | None = None
    ) -> QuerySet[Any]:
        """The deals that are counted in these measures."""
        found = counted(self.ask, period or self.period, *names).filter(where or Q())
        return pipeline.deals_by_id(found.values("subject_id"))

    def undated_rows(self, *names: str) -> QuerySet[Any]:
        """Deals without a date."""
        return pipeline.deals_by_id(counted(self.ask, None, *names).values("subject_id"))

    @property
    def counting(self) -> Q:
        """Lost for a reason that is somebody's loss, or not lost at all."""
        return Q(detail=None) | ~Q(detail__in=self.ledger.uncounted)

    def closed_rows(self, period: Period | None = None) -> QuerySet[Any]:
        """Won or lost in a window, as a close rate counts them."""
        return self.rows(m.WON, m.LOST, period=period, where=self.counting)

    # --- as things stand now ---

    @property
    def deals(self) -> QuerySet[Any]:
        """All in scope as they stand now, each with the time its cycle began."""
        rows: QuerySet[Any] = self.ask.deals().annotate(began=Coalesce("qualified_at", "opened_at"))
        return rows

    def open_rows(self) -> QuerySet[Any]:
        """Open now."""
        return self.deals.filter(OPEN)

    @property
    def standing(self) -> dict[str, Any]:
        """What is open now: counts, money, and money by probability."""
        return self.ledger.open_deals

    # --- velocity ---

    def open_in_window(self) -> QuerySet[Any]:
        """Dated deals that were open at some time of the window."""
        rows: QuerySet[Any] = self.deals.annotate(ended=Coalesce("won_at", "lost_at"))
        rows = rows.filter(Q(OPEN) | Q(ended__isnull=False), began__lt=self.ask.end)
        return rows.filter(Q(ended=None) | Q(ended__gt=self.period.start))

    @cached_property
    def open_seconds(self) -> float:
        """How long deals stood open within the window, all together."""
        start, end = self.period.start, self.ask.end
        from_then = Greatest(F("began"), start)
        to_then = Least(Coalesce(F("ended"), end), end)
        rows = self.open_in_window().annotate(stood=Seconds(to_then, from_then))
        return rows.filter(stood__gt=0).aggregate(total=Sum("stood"))["total"] or 0.0

    # --- drawn ---

    def shape(self, parts: int) -> list[dict[str, Any]]:
        """Won, lost and revenue in equal parts of the window."""
        days = self.ledger.days(self.period)
        won, lost = days.get(m.WON, {}), days.get(m.LOST, {})
        money = [pair for name in m.CREDITS for pair in days.get(name, {}).items()]
        rows = zip(
            in_parts(self.period, parts, ((day, n) for day, (n, _m) in won.items())),
            in_parts(self.period, parts, ((day, n) for day, (n, _m) in lost.items())),
            in_parts(self.period, parts, ((day, amount) for day, (_n, amount) in money)),
            strict=True,
        )
        return [{"won": w, "lost": l_, "revenue": sum_} for w, l_, sum_ in rows]

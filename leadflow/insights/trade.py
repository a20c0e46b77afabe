"""The numbers about deals: what was won and lost, how long it took, and what is open."""

from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.models import (
    Avg,
    Case,
    Count,
    DecimalField,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Least

from leadflow.insights.asking import Ask
from leadflow.insights.people import reached_at, with_stages
from leadflow.insights.sql import Bucket, Percentile, Seconds
from leadflow.kit.periods import Period
from leadflow.models import Lead, LeadStage

TRAILING = 365  # days that the rate, size and cycle of the velocity look back
DAY = 86_400.0

WON, LOST, OPEN = Q(status="won"), Q(status="lost"), Q(status="open")
# duplicates and bad data are nobody's loss; a loss without a reason counts
COUNTS = Q(lost_reason=None) | Q(lost_reason__counts=True)
PRICED = Q(base_amount__gt=0)
BY_HAND = Q(probability__isnull=False)


def between(field: str, period: Period) -> Q:
    """A time in [start, end)."""
    return Q(**{f"{field}__gte": period.start, f"{field}__lt": period.end})


class Trade:
    """The deals of a question. `start` is when a deal qualified, else when it was opened."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask

    @cached_property
    def deals(self) -> QuerySet[Any]:
        """All in scope, each with the time its cycle began and how long it ran."""
        rows = self.ask.deals().annotate(began=Coalesce("qualified_at", "opened_at"))
        timed: QuerySet[Any] = rows.annotate(seconds=Seconds(F("won_at"), F("began")))
        return timed

    def won(self, period: Period | None = None) -> QuerySet[Any]:
        """Won in the window, by the last closing."""
        return self.deals.filter(WON, between("won_at", period or self.ask.period))

    def lost(self, period: Period | None = None) -> QuerySet[Any]:
        """Lost in the window for a reason that counts."""
        return self.lost_all(period).filter(COUNTS)

    def lost_all(self, period: Period | None = None) -> QuerySet[Any]:
        """Lost in the window for whatever reason."""
        return self.deals.filter(LOST, between("lost_at", period or self.ask.period))

    def not_counted(self) -> QuerySet[Any]:
        """Lost for a reason that is nobody's loss."""
        return self.lost_all().exclude(COUNTS)

    def closed(self, period: Period | None = None) -> QuerySet[Any]:
        """Won or lost in the window, as a close rate counts them."""
        return self.deals.filter(self._closed(period or self.ask.period))

    def opened(self) -> QuerySet[Any]:
        """Opened in the window, whatever became of them; duplicates left out."""
        return self.deals.filter(between("opened_at", self.ask.period)).filter(~LOST | COUNTS)

    def undated(self, *kinds: Q) -> QuerySet[Any]:
        """Deals without the date that a number over time needs."""
        rows = self.deals.filter(
            Q(OPEN, opened_at=None) | Q(WON, won_at=None) | Q(LOST, lost_at=None)
        )
        for kind in kinds:
            rows = rows.filter(kind)
        return rows

    def open(self) -> QuerySet[Any]:
        """Open now."""
        return self.deals.filter(OPEN)

    def _closed(self, period: Period) -> Q:
        won = WON & between("won_at", period)
        return won | (LOST & between("lost_at", period) & COUNTS)

    @cached_property
    def closing(self) -> dict[str, Any]:
        """Counts, money and durations of what closed in the window, in one query."""
        return self.closing_in(self.ask.period)

    def closing_in(self, period: Period) -> dict[str, Any]:
        """The same for any window."""
        forward = Q(WON, seconds__gte=0)
        return self.closed(period).aggregate(
            won=Count("pk", filter=WON),
            lost=Count("pk", filter=LOST),
            revenue=Sum("base_amount", filter=WON),
            priced=Count("pk", filter=WON & PRICED),
            priced_sum=Sum("base_amount", filter=WON & PRICED),
            no_amount=Count("pk", filter=Q(WON, amount=None)),
            no_rate=Count("pk", filter=Q(WON, amount__isnull=False, base_amount=None)),
            for_nothing=Count("pk", filter=Q(WON, base_amount=0)),
            lost_sum=Sum("base_amount", filter=LOST),
            cycles=Count("pk", filter=forward),
            median=Percentile("seconds", 0.5, filter=forward),
            p90=Percentile("seconds", 0.9, filter=forward),
            mean=Avg("seconds", filter=forward),
            no_start=Count("pk", filter=Q(WON, began=None)),
            backwards=Count("pk", filter=Q(WON, seconds__lt=0)),
            unqualified=Count("pk", filter=Q(forward, qualified_at=None)),
        )

    @cached_property
    def created(self) -> dict[str, int]:
        """What was opened in the window, and how much of it is won by now."""
        return self.opened().aggregate(n=Count("pk"), won=Count("pk", filter=WON))

    @cached_property
    def undated_counts(self) -> dict[str, int]:
        """Deals without a date, by what became of them."""
        return self.undated().aggregate(
            open=Count("pk", filter=OPEN),
            won=Count("pk", filter=WON),
            lost=Count("pk", filter=LOST),
        )

    @cached_property
    def standing(self) -> dict[str, Any]:
        """What is open now: counts, money, and money by probability."""
        chance = Case(
            When(BY_HAND, then=F("probability")),
            default=F("stage__probability"),
        )
        weighted = F("base_amount") * chance / 100
        return self.open().aggregate(
            n=Count("pk"),
            priced=Count("base_amount"),
            amount=Sum("base_amount"),
            weighted=Sum(weighted, output_field=DecimalField()),
        )

    def person_deals(self) -> QuerySet[Any]:
        """New business won in the window with somebody who was a lead before the deal was opened."""
        return self._with_person().filter(born__lte=Coalesce("opened_at", "won_at"))

    def late_people(self) -> QuerySet[Any]:
        """Won deals whose person was added after the deal."""
        return self._with_person().exclude(born__lte=Coalesce("opened_at", "won_at"))

    def nobody_deals(self) -> QuerySet[Any]:
        """New business won in the window without a person."""
        return self.won().filter(kind="new", lead=None)

    def _with_person(self) -> QuerySet[Any]:
        people = with_stages(Lead.objects.filter(pk=OuterRef("lead")))
        born = Subquery(people.order_by().values(reached_at(LeadStage.LEAD)))
        rows = self.won().filter(kind="new", lead__isnull=False).annotate(born=born)
        waited: QuerySet[Any] = rows.annotate(waited=Seconds(F("won_at"), F("born")))
        return waited

    @cached_property
    def to_close(self) -> dict[str, Any]:
        """From lead to customer: how long it took those who bought in the window."""
        return self.person_deals().aggregate(
            n=Count("pk"),
            median=Percentile("waited", 0.5),
            p90=Percentile("waited", 0.9),
            mean=Avg("waited"),
        )

    def reasons(self) -> list[tuple[int, str, int]]:
        """Why deals were lost in the window: id (0 without one), name, how many; the commonest first."""
        rows = self.lost_all().order_by().values_list("lost_reason", "lost_reason__name")
        found = rows.annotate(n=Count("pk")).order_by("-n", "lost_reason__name")
        return [(pk or 0, name or "", n) for pk, name, n in found]

    def for_reason(self, reason: int) -> QuerySet[Any]:
        """Lost in the window for this reason; 0 for none."""
        return self.lost_all().filter(lost_reason=reason or None)

    # --- velocity ---

    @property
    def trailing(self) -> Period:
        """The year up to the end of the window."""
        last = self.ask.period.end_on
        today = self.ask.at.astimezone(self.ask.period.zone).date() + timedelta(days=1)
        last = max(min(last, today), self.ask.period.start_on + timedelta(days=1))
        return Period(last - timedelta(days=TRAILING), last, self.ask.period.zone)

    def open_in_window(self) -> QuerySet[Any]:
        """Dated deals that were open at some time of the window."""
        rows: QuerySet[Any] = self.deals.annotate(ended=Coalesce("won_at", "lost_at"))
        rows = rows.filter(Q(OPEN) | Q(ended__isnull=False), began__lt=self.ask.end)
        return rows.filter(Q(ended=None) | Q(ended__gt=self.ask.period.start))

    @cached_property
    def open_seconds(self) -> float:
        """How long deals stood open within the window, all together."""
        start, end = self.ask.period.start, self.ask.end
        from_then = Greatest(F("began"), start)
        to_then = Least(Coalesce(F("ended"), end), end)
        rows = self.open_in_window().annotate(stood=Seconds(to_then, from_then))
        return rows.filter(stood__gt=0).aggregate(total=Sum("stood"))["total"] or 0.0

    @cached_property
    def last_year(self) -> dict[str, Any]:
        """What closed in the year up to the end of the window."""
        return self.closing_in(self.trailing)

    @cached_property
    def span(self) -> dict[str, Any]:
        """The first and the last day on which anything was opened or closed."""
        return self.deals.aggregate(
            first=Min("opened_at"), won=Max("won_at"), lost=Max("lost_at"), n=Count("pk")
        )

    def shape(self, parts: int) -> list[dict[str, Any]]:
        """Won, lost, revenue and median cycle in equal parts of the window."""
        start, end = self.ask.period.start.timestamp(), self.ask.period.end.timestamp()
        when = Coalesce(F("won_at"), F("lost_at"))
        rows = self.closed().annotate(bucket=Bucket(when, start, end, parts)).order_by()
        found: list[dict[str, Any]] = [{} for _ in range(parts)]
        for row in rows.values("bucket").annotate(
            won=Count("pk", filter=WON),
            lost=Count("pk", filter=LOST),
            revenue=Sum("base_amount", filter=WON),
            median=Percentile("seconds", 0.5, filter=Q(WON, seconds__gte=0)),
        ):
            found[min(max(row["bucket"], 1), parts) - 1] = row
        return found

"""The numbers about people: a cohort of leads by the day they became one, and what became of them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.db.models.functions import Least, TruncDate

from leadflow.insights.asking import Ask
from leadflow.insights.sql import Bucket, Percentile, Seconds
from leadflow.models import Lead, LeadCycle, LeadStage, Organisation
from leadflow.models.stages import STAMP

STAGES: Sequence[str] = (
    LeadStage.LEAD,
    LeadStage.MQL,
    LeadStage.SAL,
    LeadStage.SQL,
    LeadStage.OPPORTUNITY,
    LeadStage.CUSTOMER,
)
HORIZONS = {LeadStage.MQL: 30, LeadStage.CUSTOMER: 90}  # days a lead has to get there
ACCEPTANCE = 7  # days sales has to accept an MQL
_STAMPS = tuple(STAMP[stage] for stage in STAGES)


def reached_at(stage: str) -> str:
    """The annotation with the time at which a person first reached a stage, or a later one."""
    return f"reached_{stage}"


def with_stages(leads: QuerySet[Lead], *, from_subscriber: bool = False) -> QuerySet[Lead]:
    """Annotate when each stage was first reached, over all cycles; skipped stages are implied."""
    times: dict[str, Any] = {}
    for position, stage in enumerate(STAGES):
        stamps = _STAMPS[position:]
        if from_subscriber and stage == LeadStage.LEAD:
            stamps = ("subscriber_at", *stamps)
        firsts = [Min(f"cycles__{stamp}") for stamp in stamps]
        times[reached_at(stage)] = Least(*firsts) if len(firsts) > 1 else firsts[0]
    return leads.annotate(**times)


def cycles_between(start: datetime, end: datetime, stamps: Sequence[str]) -> QuerySet[LeadCycle]:
    """Cycles of which the first of these stamps, or one in its place, lies in [start, end)."""
    first, *later = stamps
    inside = Q(**{f"{first}__gte": start, f"{first}__lt": end})
    if later:
        skipped = Q(**{f"{first}__isnull": True, "_implied__gte": start, "_implied__lt": end})
        rows = LeadCycle.objects.annotate(_implied=Least(*later) if later[1:] else F(later[0]))
        return rows.filter(inside | skipped)
    return LeadCycle.objects.filter(inside)


class People:
    """The leads of a question, counted once each."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.from_subscriber = Organisation.current().count_subscribers

    @property
    def born(self) -> str:
        """When somebody became a lead."""
        return reached_at(LeadStage.LEAD)

    def reaching(self, stage: str) -> QuerySet[Lead]:
        """Who first reached a stage inside the window."""
        start, end = self.ask.period.start, self.ask.period.end
        stamps = _STAMPS[STAGES.index(stage) :]
        if stage == LeadStage.LEAD and self.from_subscriber:
            stamps = ("subscriber_at", *stamps)
        candidates = cycles_between(start, end, stamps).values("lead")
        rows = self.ask.leads().filter(pk__in=candidates)
        when = reached_at(stage)
        annotated = with_stages(rows, from_subscriber=self.from_subscriber)
        return annotated.filter(**{f"{when}__gte": start, f"{when}__lt": end})

    @cached_property
    def cohort(self) -> QuerySet[Lead]:
        """The leads generated in the window, with the time they reached each stage."""
        return self.reaching(LeadStage.LEAD)

    def within(self, stage: str, days: int) -> Q:
        """Reached a stage no later than so many days after becoming a lead."""
        return Q(**{f"{reached_at(stage)}__lte": F(self.born) + timedelta(days=days)})

    def older(self, days: int) -> Q:
        """Became a lead at least so many days ago."""
        return Q(**{f"{self.born}__lte": self.ask.at - timedelta(days=days)})

    def part(self, stage: str) -> QuerySet[Lead]:
        """Those of the cohort who reached a stage."""
        return self.cohort.filter(**{f"{reached_at(stage)}__isnull": False})

    @cached_property
    def counts(self) -> dict[str, Any]:
        """Every count of the cohort in one query: by stage, within and of horizons, medians."""
        sums: dict[str, Any] = {}
        for position, stage in enumerate(STAGES):
            when = reached_at(stage)
            sums[stage] = Count(when)
            if position:
                before = reached_at(STAGES[position - 1])
                sums[f"{stage}_seconds"] = Percentile(
                    Seconds(F(when), F(before)), 0.5, filter=Q(**{f"{when}__isnull": False})
                )
        for stage, days in HORIZONS.items():
            sums[f"{stage}_within"] = Count("pk", filter=self.within(stage, days))
            sums[f"{stage}_mature"] = Count("pk", filter=self.older(days))
            both = self.within(stage, days) & self.older(days)
            sums[f"{stage}_mature_within"] = Count("pk", filter=both)
        return self.cohort.order_by().aggregate(**sums)

    @cached_property
    def last_born(self) -> datetime | None:
        """When the youngest of the cohort became a lead."""
        last: datetime | None = self.cohort.order_by().aggregate(last=Max(self.born))["last"]
        return last

    @cached_property
    def customers(self) -> QuerySet[Lead]:
        """Who first became a customer inside the window, whenever they became a lead."""
        return self.reaching(LeadStage.CUSTOMER)

    @cached_property
    def offered(self) -> QuerySet[Lead]:
        """Who became an MQL inside the window."""
        return self.reaching(LeadStage.MQL)

    @property
    def due(self) -> Q:
        """The decision of sales is due, or taken."""
        mql, sal = reached_at(LeadStage.MQL), reached_at(LeadStage.SAL)
        late = Q(**{f"{mql}__lte": self.ask.at - timedelta(days=ACCEPTANCE)})
        return late | Q(**{f"{sal}__isnull": False})

    @property
    def accepted(self) -> Q:
        """Sales accepted in time."""
        mql, sal = reached_at(LeadStage.MQL), reached_at(LeadStage.SAL)
        return Q(**{f"{sal}__lte": F(mql) + timedelta(days=ACCEPTANCE)})

    @cached_property
    def acceptance(self) -> dict[str, int]:
        """MQLs, those whose decision is due, and those accepted in time."""
        return self.offered.order_by().aggregate(
            n=Count("pk"),
            due=Count("pk", filter=self.due),
            accepted=Count("pk", filter=self.accepted),
        )

    @cached_property
    def undated(self) -> int:
        """People of whom nobody knows when they became a lead: in no number over time."""
        return self.undated_rows.count()

    @property
    def undated_rows(self) -> QuerySet[Lead]:
        """Those people."""
        dated = Q()
        for stamp in ("subscriber_at", *_STAMPS):
            dated |= Q(**{f"{stamp}__isnull": False})
        return self.ask.leads().exclude(pk__in=LeadCycle.objects.filter(dated).values("lead"))

    @property
    def unattended(self) -> QuerySet[Lead]:
        """Open leads that nobody owns, or with nothing planned (as of now)."""
        return self.ask.leads().filter(pk__in=Lead.objects.unattended(self.ask.at).values("pk"))

    @property
    def open(self) -> QuerySet[Lead]:
        """Leads that somebody may work now, from lead to SQL."""
        working = (LeadStage.LEAD, LeadStage.MQL, LeadStage.SAL, LeadStage.SQL)
        living = self.ask.leads().filter(deleted_at=None, disposition="")
        return living.filter(stage__in=working)

    def by_day(self) -> dict[date, int]:
        """Leads generated on each day of the window that had any."""
        zone = self.ask.period.zone
        rows = self.cohort.order_by().annotate(day=TruncDate(self.born, tzinfo=zone))
        return dict(Counter(rows.values_list("day", flat=True).iterator(chunk_size=5_000)))

    def by_source(self) -> dict[int, dict[str, int]]:
        """Leads, MQLs and customers by source id (0 without one)."""
        mql, customer = reached_at(LeadStage.MQL), reached_at(LeadStage.CUSTOMER)
        found: dict[int, dict[str, int]] = {}
        fields, rows = ("source_id", mql, customer), self.cohort.order_by()
        for source, became, bought in rows.values_list(*fields).iterator():
            row = found.setdefault(source or 0, {"leads": 0, "mql": 0, "customers": 0})
            row["leads"] += 1
            row["mql"] += became is not None
            row["customers"] += bought is not None
        return found

    def shape(self, parts: int) -> list[dict[str, int]]:
        """Leads, MQLs and customers within their horizons, in equal parts of the window."""
        start, end = self.ask.period.start.timestamp(), self.ask.period.end.timestamp()
        rows = self.cohort.order_by().annotate(
            bucket=Bucket(F(self.born), start, end, parts),
        )
        found = [{"leads": 0, "mql": 0, "customer": 0} for _ in range(parts)]
        mql, customer = reached_at(LeadStage.MQL), reached_at(LeadStage.CUSTOMER)
        fields = ("bucket", self.born, mql, customer)
        for bucket, born, became, bought in rows.values_list(*fields).iterator():
            slot = found[min(max(bucket, 1), parts) - 1]
            slot["leads"] += 1
            slot["mql"] += _in_time(born, became, HORIZONS[LeadStage.MQL])
            slot["customer"] += _in_time(born, bought, HORIZONS[LeadStage.CUSTOMER])
        return found


def _in_time(born: datetime, then: datetime | None, days: int) -> bool:
    return then is not None and then <= born + timedelta(days=days)

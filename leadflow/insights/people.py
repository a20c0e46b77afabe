"""The numbers about people: a cohort of leads by the day they became one, and what became of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from leadflow.insights import measures as m
from leadflow.insights.ledger import Ledger, Total, counted, ripe_until
from leadflow.insights.reaching import STAGES
from leadflow.kit.periods import Period
from leadflow.models import Lead, LeadStage


@dataclass(frozen=True, slots=True)
class Cohort:
    """A stage as the leads of a window reached it."""

    reached: int
    in_time: int = 0
    ripe: int = 0  # leads old enough to judge
    ripe_in_time: int = 0


class People:
    """The leads of a window, counted once each."""

    def __init__(self, ledger: Ledger, period: Period) -> None:
        self.ledger, self.period, self.ask = ledger, period, ledger.ask

    def total(self, measure: str) -> Total:
        """All of a measure, over the sources."""
        found = Total()
        for (name, _source, _detail), one in self.ledger.sums(self.period).items():
            if name == measure:
                found.add(one)
        return found

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many of the cohort reached each stage, by stage."""
        names = {LeadStage.LEAD: m.LEAD, **m.REACHED}
        return {stage: self.total(names[stage]).n for stage in STAGES}

    def cohort(self, stage: LeadStage) -> Cohort:
        """MQL or customer: how many came so far in time, and of how many that can be said."""
        days, in_time = m.HORIZONS[stage], self.total(m.IN_TIME[stage])
        return Cohort(
            self.counts[stage],
            in_time.n,
            self.total(m.LEAD).ripe.get(days, 0),
            in_time.ripe.get(days, 0),
        )

    def wait(self, stage: str) -> float | None:
        """The median seconds from the stage before to this one."""
        return self.ledger.timing(self.period, m.REACHED[stage]).median

    # --- the rows behind ---

    def rows(self, *names: str, condition: Q | None = None) -> QuerySet[Lead]:
        """The leads that are counted in these measures."""
        return self._leads(counted(self.ask, self.period, *names).filter(condition or Q()))

    @staticmethod
    def _leads(rows: QuerySet[Any]) -> QuerySet[Lead]:
        return Lead.objects.filter(pk__in=rows.values("subject_id"))

    def ripe_rows(self, stage: LeadStage) -> QuerySet[Lead]:
        """The leads of the cohort that are old enough to judge."""
        return self.rows(m.LEAD, condition=Q(day__lte=ripe_until(self.ask, m.HORIZONS[stage])))

    def due_rows(self) -> QuerySet[Lead]:
        """MQLs of the window whose decision is due, or taken."""
        late = counted(self.ask, self.period, m.OFFERED).filter(day__lte=self._due)
        answered = counted(self.ask, self.period, m.ANSWERED)
        subjects = Q(pk__in=late.values("subject_id")) | Q(pk__in=answered.values("subject_id"))
        return Lead.objects.filter(subjects)

    def waiting_rows(self) -> QuerySet[Lead]:
        """MQLs of the window whose decision is not due yet."""
        return self.rows(m.OFFERED).exclude(pk__in=self.due_rows().values("pk"))

    def undated_rows(self) -> QuerySet[Lead]:
        """People of whom nobody knows when they became a lead: in no number over time."""
        return self._leads(counted(self.ask, None, m.UNDATED_LEAD))

    def untouched_rows(self) -> QuerySet[Lead]:
        """Leads that were handed to somebody in the window and that nobody has reached out to."""
        return self.rows(m.ASKED).exclude(pk__in=self.rows(m.TOUCHED).values("pk"))

    @property
    def _due(self) -> date:
        return ripe_until(self.ask, m.ACCEPTANCE)

    @cached_property
    def acceptance(self) -> dict[str, int]:
        """MQLs, those whose decision is due, and those accepted in time."""
        offered, answered = self.total(m.OFFERED), self.total(m.ANSWERED)
        ripe = offered.ripe.get(m.ACCEPTANCE, 0)
        early = answered.n - answered.ripe.get(m.ACCEPTANCE, 0)
        return {"n": offered.n, "due": ripe + early, "accepted": self.total(m.ACCEPTED).n}

    @property
    def undated(self) -> int:
        """How many they are."""
        return self.total(m.UNDATED_LEAD).n

    @cached_property
    def last_born(self) -> date | None:
        """The day on which the youngest of the cohort became a lead."""
        return max(self.by_day(), default=None)

    # --- as things stand now ---

    @property
    def unattended_rows(self) -> QuerySet[Lead]:
        """Open leads that nobody owns, or with nothing planned."""
        return self.open_rows.filter(self.ask.unattended)

    @property
    def open_rows(self) -> QuerySet[Lead]:
        """Leads that somebody may work, from lead to SQL."""
        return self.ask.open_leads()

    @property
    def standing(self) -> dict[str, int]:
        """How many those are."""
        return self.ledger.open_leads

    # --- drawn ---

    def by_day(self, measure: str = m.LEAD) -> dict[date, int]:
        """How many on each day of the window that had any."""
        days = self.ledger.days(self.period).get(measure, {})
        return {day: n for day, (n, _money) in days.items() if n}

    def by_source(self) -> dict[int, dict[str, int]]:
        """Leads, MQLs and customers by source id (0 without one)."""
        names = {
            m.LEAD: "leads",
            m.REACHED[LeadStage.MQL]: "mql",
            m.REACHED[LeadStage.CUSTOMER]: "customers",
        }
        found: dict[int, dict[str, int]] = {}
        for (measure, source, _detail), one in self.ledger.sums(self.period).items():
            if measure in names and one.n:
                row = found.setdefault(source or 0, dict.fromkeys(names.values(), 0))
                row[names[measure]] += one.n
        return found

    def shape(self, measure: str, parts: int) -> list[int]:
        """How many in equal parts of the window."""
        return in_parts(self.period, parts, self.by_day(measure).items())


def in_parts(period: Period, parts: int, days: Iterable[tuple[date, Any]]) -> list[Any]:
    """The sums of days, in equal parts of a window."""
    found: list[Any] = [0] * parts
    for day, value in days:
        found[(day - period.start_on).days * parts // period.days] += value
    return found

"""What a lead or a deal adds to the numbers, read from its rows as they stand now.

One place says what each measure counts: the relay keeps it up, `recompute` holds the kept rows against
it, and the list behind a number is made of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Min, Q

from distribution import selectors as distribution
from leadflow.history.models import FieldChange
from leadflow.insights.reaching import STAGES, reached_at, with_stages
from leadflow.models import Lead, LeadStage, Organisation
from leadflow.models.lead import ERASED
from leadflow.people.models import User
from pipeline import selectors as pipeline

HORIZONS = {LeadStage.MQL: 30, LeadStage.CUSTOMER: 90}  # days a lead has to get there
ACCEPTANCE = 7  # days sales has to accept an MQL
FAST = 300.0  # seconds within which a first touch counts as fast

# of leads, on the day somebody became one: the cohort, and what became of it
LEAD, MQL_IN_TIME, CUSTOMER_IN_TIME = "lead", "mql_in_time", "customer_in_time"
REACHED = {stage: f"reached_{stage}" for stage in STAGES[1:]}
IN_TIME = {LeadStage.MQL: MQL_IN_TIME, LeadStage.CUSTOMER: CUSTOMER_IN_TIME}
# on the day of the event
OFFERED, ANSWERED, ACCEPTED, BOUGHT = "offered", "answered", "accepted", "customer"
ASKED, TOUCHED, TOUCHED_FAST = "asked", "touched", "touched_fast"
# without a day
UNDATED_LEAD, STAFF = "undated_lead", "staff"
OF_LEADS = (
    LEAD, *REACHED.values(), *IN_TIME.values(), OFFERED, ANSWERED, ACCEPTED, BOUGHT, ASKED, TOUCHED,
    TOUCHED_FAST, UNDATED_LEAD, STAFF,
)  # fmt: skip

# of deals, on the day they were opened, won or lost
OPENED, OPENED_WON, WON, LOST = "opened", "opened_won", "won", "lost"
WON_NO_AMOUNT, WON_NO_RATE, WON_FREE = "won_no_amount", "won_no_rate", "won_free"
WON_NO_START, WON_BACKWARDS, WON_UNQUALIFIED = "won_no_start", "won_backwards", "won_unqualified"
CLOSED_NEW, NEW_NOBODY, NEW_LATE = "closed_new", "closed_new_nobody", "closed_new_late"
UNDATED_OPEN, UNDATED_WON, UNDATED_LOST = "undated_open", "undated_won", "undated_lost"
OF_DEALS = (
    OPENED, OPENED_WON, WON, LOST, WON_NO_AMOUNT, WON_NO_RATE, WON_FREE, WON_NO_START, WON_BACKWARDS,
    WON_UNQUALIFIED, CLOSED_NEW, NEW_NOBODY, NEW_LATE, UNDATED_OPEN, UNDATED_WON, UNDATED_LOST,
)  # fmt: skip


class Mark(NamedTuple):
    """What one lead or deal adds to one measure: a row of `Counted` before it is written."""

    measure: str
    subject: int
    day: date | None
    source: int | None
    owner: int | None
    team: int | None
    detail: int | None = None
    amount: Decimal = Decimal(0)
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What all counting depends on: another answer means counting everything anew."""

    zone: ZoneInfo
    from_subscriber: bool

    @classmethod
    def current(cls) -> "Rules":
        organisation = Organisation.current()
        return cls(ZoneInfo(organisation.time_zone), organisation.count_subscribers)

    @property
    def name(self) -> str:
        """The same in words, with the number of this way of counting in front."""
        return f"1 {self.zone.key} {'subscribers' if self.from_subscriber else 'leads'}"

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


class Owners:
    """Whose a record was at a moment.

    Where nobody owned it yet, it counts for whom it first went to: a lead is hardly ever owned in the
    moment in which it comes in.
    """

    def __init__(self, label: str, now: Mapping[int, tuple[int | None, int | None]]) -> None:
        self._now = now
        self._changes: dict[tuple[int, str], list[tuple[datetime, Any, Any]]] = {}
        rows = FieldChange.objects.filter(
            object_type=label, object_id__in=list(now), field__in=("owner", "team")
        )
        fields = ("object_id", "field", "at", "old", "new")
        for pk, field, at, old, new in rows.order_by("at", "id").values_list(*fields):
            self._changes.setdefault((pk, field), []).append((at, old, new))

    def at(self, pk: int, moment: datetime) -> tuple[int | None, int | None]:
        """(owner, team) then."""
        owner = self._value(pk, "owner", moment)
        if owner is None:
            for at, _old, new in self._changes.get((pk, "owner"), ()):
                if at > moment and new is not None:
                    return new, self._value(pk, "team", at)
        return owner, self._value(pk, "team", moment)

    def _value(self, pk: int, field: str, moment: datetime) -> Any:
        for at, old, _new in self._changes.get((pk, field), ()):
            if at > moment:
                return old
        return self._now[pk][field == "team"]


# --- Leads ----------------------------------------------------------------------------------------


def counted_leads() -> Q:
    """Who counts: no merge losers, nobody in the trash. Erased people stay as anonymous rows."""
    kept = Q(deleted_at=None) | Q(public_id__startswith=ERASED)
    return Q(kept, merged_into=None)


def staff() -> Any:
    """The addresses of our own people, who are nobody's leads."""
    return User.objects.exclude(email=None).values("email")


def of_leads(ids: Iterable[int], rules: Rules) -> list[Mark]:
    """What these leads add to the numbers; those that do not count add nothing."""
    rows = with_stages(
        Lead.objects.filter(counted_leads(), pk__in=list(ids)),
        from_subscriber=rules.from_subscriber,
    ).annotate(subscribed=Min("cycles__subscriber_at"))
    fields = ("pk", "source_id", "owner_id", "team_id", "subscribed", *map(reached_at, STAGES))
    found = list(rows.order_by().values_list(*fields))
    owners = Owners("leadflow.lead", {row[0]: (row[2], row[3]) for row in found})
    ours = set(
        Lead.objects.filter(pk__in=[row[0] for row in found], email__in=staff()).values_list(
            "pk", flat=True
        )
    )
    waits = distribution.first_touches([row[0] for row in found])
    return [
        mark
        for pk, source, owner, team, subscribed, *times in found
        for mark in (
            [Mark(STAFF, pk, None, None, None, None)]
            if pk in ours
            else _OneLead(pk, source, owners, rules).marks(
                times, (owner, team), waits.get(pk), is_known=subscribed is not None
            )
        )
    ]


@dataclass(frozen=True, slots=True)
class _OneLead:
    pk: int
    source: int | None
    owners: Owners
    rules: Rules

    def on(self, moment: datetime) -> tuple[date, int | None, int | None, int | None]:
        """The dimensions of what happened at a moment."""
        return (self.rules.day(moment), self.source, *self.owners.at(self.pk, moment))

    def marks(
        self,
        times: Sequence[datetime | None],
        holder: tuple[int | None, int | None],
        wait: tuple[datetime, datetime | None] | None,
        *,
        is_known: bool,
    ) -> Iterator[Mark]:
        if times[0] is None and not is_known:
            yield Mark(UNDATED_LEAD, self.pk, None, self.source, *holder)
        if times[0] is not None:
            yield from self._cohort(times[0], times)
            yield from self._passages(dict(zip(STAGES, times, strict=True)))
        if wait is not None:
            yield from self._response(*wait)

    def _cohort(self, born: datetime, times: Sequence[datetime | None]) -> Iterator[Mark]:
        """On the day of birth: the lead, each stage it reached, and whether it did so in time."""
        birth, last = self.on(born), born
        yield Mark(LEAD, self.pk, *birth)
        for stage, at in zip(STAGES[1:], times[1:], strict=True):
            if at is None:
                return
            took = (at - last).total_seconds()
            yield Mark(REACHED[stage], self.pk, *birth, seconds=took)
            days = HORIZONS.get(LeadStage(stage))
            if days is not None and at <= born + timedelta(days=days):
                yield Mark(IN_TIME[LeadStage(stage)], self.pk, *birth)
            last = at

    def _passages(self, times: Mapping[str, datetime | None]) -> Iterator[Mark]:
        """On the day of the passage itself."""
        mql, sal = times[LeadStage.MQL], times[LeadStage.SAL]
        if mql is not None:
            when = self.on(mql)
            yield Mark(OFFERED, self.pk, *when)
            if sal is not None:
                yield Mark(ANSWERED, self.pk, *when)
                if sal <= mql + timedelta(days=ACCEPTANCE):
                    yield Mark(ACCEPTED, self.pk, *when)
        if (bought := times[LeadStage.CUSTOMER]) is not None:
            yield Mark(BOUGHT, self.pk, *self.on(bought))

    def _response(self, started: datetime, touched: datetime | None) -> Iterator[Mark]:
        when = self.on(started)
        took = (touched - started).total_seconds() if touched else None
        yield Mark(ASKED, self.pk, *when)
        if took is not None:
            yield Mark(TOUCHED, self.pk, *when, seconds=took)
            if took <= FAST:
                yield Mark(TOUCHED_FAST, self.pk, *when)


# --- Deals ----------------------------------------------------------------------------------------


def of_deals(ids: Iterable[int], rules: Rules) -> list[Mark]:
    """What these deals add to the numbers; the trash adds nothing."""
    found = list(pipeline.counted_deals(ids))
    owners = Owners("pipeline.deal", {row.pk: (row.owner_id, row.team_id) for row in found})
    people = with_stages(Lead.objects.filter(pk__in={row.lead_id for row in found if row.lead_id}))
    born = dict(people.order_by().values_list("pk", reached_at(LeadStage.LEAD)))
    return [
        mark
        for row in found
        for mark in _OneDeal(row, owners, rules).marks(born.get(row.lead_id or 0))
    ]


@dataclass(frozen=True, slots=True)
class _OneDeal:
    row: pipeline.CountedDeal
    owners: Owners
    rules: Rules

    def mark(self, measure: str, moment: datetime | None, **more: Any) -> Mark:
        row = self.row
        if moment is None:
            holder = (row.owner_id, row.team_id)
            return Mark(measure, row.pk, None, row.source_id, *holder, **more)
        holder = self.owners.at(row.pk, moment)
        return Mark(measure, row.pk, self.rules.day(moment), row.source_id, *holder, **more)

    def marks(self, born: datetime | None) -> Iterator[Mark]:
        row = self.row
        closed = {"open": row.opened_at, "won": row.won_at, "lost": row.lost_at}[row.status]
        if closed is None:
            undated = {"open": UNDATED_OPEN, "won": UNDATED_WON, "lost": UNDATED_LOST}
            yield self.mark(undated[row.status], None)
        if row.opened_at is not None:
            yield self.mark(OPENED, row.opened_at, detail=row.lost_reason_id)
            if row.status == "won":
                yield self.mark(OPENED_WON, row.opened_at)
        if row.status == "won" and row.won_at is not None:
            yield from self._won(row.won_at)
            if row.kind == "new":
                yield self._new_business(row.won_at, born)
        if row.status == "lost" and row.lost_at is not None:
            amount = row.base_amount or Decimal(0)
            yield self.mark(LOST, row.lost_at, detail=row.lost_reason_id, amount=amount)

    def _won(self, at: datetime) -> Iterator[Mark]:
        row = self.row
        began = row.qualified_at or row.opened_at
        took = (at - began).total_seconds() if began else None
        is_forward = took is not None and took >= 0
        money = row.base_amount or Decimal(0)
        yield self.mark(WON, at, amount=money, seconds=took if is_forward else None)
        if row.base_amount is None:
            yield self.mark(WON_NO_AMOUNT if row.amount is None else WON_NO_RATE, at)
        elif not row.base_amount:
            yield self.mark(WON_FREE, at)
        if took is None:
            yield self.mark(WON_NO_START, at)
        elif not is_forward:
            yield self.mark(WON_BACKWARDS, at)
        elif row.qualified_at is None:
            yield self.mark(WON_UNQUALIFIED, at)

    def _new_business(self, at: datetime, born: datetime | None) -> Mark:
        row = self.row
        if row.lead_id is None:
            return self.mark(NEW_NOBODY, at)
        if born is None or born > (row.opened_at or at):
            return self.mark(NEW_LATE, at)
        return self.mark(CLOSED_NEW, at, seconds=(at - born).total_seconds())

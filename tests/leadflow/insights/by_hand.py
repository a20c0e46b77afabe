"""What leads and deals add to the numbers, worked out in Python one at a time.

Written apart from the SQL of `leadflow.insights.counting`, so that one can be held against the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from distribution.models import ResponseClock
from leadflow.history.models import FieldChange
from leadflow.insights.measures import (
    ACCEPTANCE,
    ACCEPTED,
    ANSWERED,
    ASKED,
    BOUGHT,
    CLOSED_NEW,
    CREDITED,
    FAST,
    HORIZONS,
    IN_TIME,
    LEAD,
    LOST,
    NEW_LATE,
    NEW_NOBODY,
    OFFERED,
    OPENED,
    OPENED_WON,
    REACHED,
    STAFF,
    TOUCHED,
    TOUCHED_FAST,
    UNDATED_LEAD,
    UNDATED_LOST,
    UNDATED_OPEN,
    UNDATED_WON,
    WON,
    WON_BACKWARDS,
    WON_FREE,
    WON_NO_AMOUNT,
    WON_NO_RATE,
    WON_NO_START,
    WON_UNQUALIFIED,
    Mark,
    Rules,
)  # fmt: skip
from leadflow.insights.reaching import STAGES
from leadflow.kit import money as kit
from leadflow.models import Lead, LeadStage
from leadflow.models.lead import ERASED
from leadflow.models.stages import STAMP
from leadflow.people.models import User
from pipeline.models import Deal, DealSplit


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


def _counts(lead: Lead) -> bool:
    is_there = lead.deleted_at is None or lead.public_id.startswith(ERASED)
    return is_there and lead.merged_into_id is None


def _reached(lead: Lead, stages: Sequence[str], *, from_subscriber: bool) -> datetime | None:
    """When somebody first came to the first of these stages or to a later one."""
    stamps = [STAMP[stage] for stage in stages]
    if from_subscriber and stages[0] == LeadStage.LEAD:
        stamps.append("subscriber_at")
    times = [getattr(cycle, stamp) for cycle in lead.cycles.all() for stamp in stamps]
    return min((at for at in times if at is not None), default=None)


def of_leads(rules: Rules) -> list[Mark]:
    """What all leads add to the numbers; those that do not count add nothing."""
    found = [lead for lead in Lead.objects.prefetch_related("cycles") if _counts(lead)]
    owners = Owners("leadflow.lead", {row.pk: (row.owner_id, row.team_id) for row in found})
    ours = set(User.objects.values_list("email", flat=True)) - {None, ""}
    marks: list[Mark] = []
    for lead in found:
        if lead.email in ours:
            marks.append(Mark(STAFF, lead.pk, None, None, None, None))
            continue
        times = [
            _reached(lead, STAGES[n:], from_subscriber=rules.from_subscriber)
            for n in range(len(STAGES))
        ]
        clock = ResponseClock.objects.filter(lead=lead).order_by("started_at", "pk").first()
        marks += _OneLead(lead.pk, lead.source_id, owners, rules).marks(
            times,
            (lead.owner_id, lead.team_id),
            clock and (clock.started_at, clock.touched_at),
            is_known=any(cycle.subscriber_at for cycle in lead.cycles.all()),
        )
    return marks


@dataclass(frozen=True, slots=True)
class _OneLead:
    pk: int
    source: int | None
    owners: Owners
    rules: Rules

    def on(self, moment: datetime) -> tuple[date, int | None, int | None, int | None]:
        """The dimensions of what happened at a moment."""
        return (
            moment.astimezone(self.rules.zone).date(),
            self.source,
            *self.owners.at(self.pk, moment),
        )

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


def of_deals(rules: Rules) -> list[Mark]:
    """What all deals add to the numbers; the trash adds nothing."""
    found = list(Deal.objects.filter(deleted_at=None).select_related("lead"))
    owners = Owners("pipeline.deal", {row.pk: (row.owner_id, row.team_id) for row in found})
    marks: list[Mark] = []
    for row in found:
        born = row.lead and _reached(row.lead, STAGES, from_subscriber=False)
        marks += _OneDeal(row, owners, rules).marks(born)
    return marks


@dataclass(frozen=True, slots=True)
class _OneDeal:
    row: Deal
    owners: Owners
    rules: Rules

    def mark(self, measure: str, moment: datetime | None, **more: Any) -> Mark:
        row = self.row
        source = row.lead.source_id if row.lead else None
        if moment is None:
            holder = (row.owner_id, row.team_id)
            return Mark(measure, row.pk, None, source, *holder, **more)
        holder = self.owners.at(row.pk, moment)
        return Mark(
            measure, row.pk, moment.astimezone(self.rules.zone).date(), source, *holder, **more
        )

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
        if row.base_amount:
            yield from self._credit(at, row.base_amount)
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

    def _credit(self, at: datetime, amount: Decimal) -> Iterator[Mark]:
        """Each her share, to the unit; what is less than one goes to the largest share."""
        whole = self.mark(f"{CREDITED}1", at, amount=amount)
        rows = list(
            DealSplit.objects.filter(deal=self.row, kind="revenue").order_by("-share", "pk")
        )
        if not rows:
            yield whole
            return
        parts = kit.split(amount, [row.share for row in rows], self.rules.currency)
        parts[0] += amount - sum(parts)
        for place, (row, part) in enumerate(zip(rows, parts, strict=True), start=1):
            team = whole.team if row.user_id == whole.owner else row.team_id
            yield whole._replace(
                measure=f"{CREDITED}{place}", owner=row.user_id, team=team, amount=part
            )

    def _new_business(self, at: datetime, born: datetime | None) -> Mark:
        row = self.row
        if row.lead_id is None:
            return self.mark(NEW_NOBODY, at)
        if born is None or born > (row.opened_at or at):
            return self.mark(NEW_LATE, at)
        return self.mark(CLOSED_NEW, at, seconds=(at - born).total_seconds())


def every(rules: Rules) -> list[Mark]:
    """What everything adds, in the order of measure and subject."""
    return sorted([*of_leads(rules), *of_deals(rules)])

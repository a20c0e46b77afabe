"""Offering a lead to sales, and the three ways in which the offer ends."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.calendars import hours
from leadflow.calendars.selectors import organisation_hours
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record, record_many
from leadflow.handover.consequences import CONSEQUENCES, Consequence
from leadflow.handover.models import Handover, RejectReason
from leadflow.kit import clock
from leadflow.kit.each import Each, by_id
from leadflow.models import Disposition, Lead, LeadCycle, LeadStage, Origin
from leadflow.models.stages import may_advance
from leadflow.people.models import User
from leadflow.services import leads

ACCEPT_WINDOW = timedelta(hours=2)  # of business time (product definition F5)


@transaction.atomic(savepoint=False)
def open_many(
    *,
    lead_ids: Iterable[int],
    why: Each[str],
    by: User | None = None,
    at: Each[datetime] | None = None,
    origin: str = Origin.LIVE,
) -> list[Handover]:
    """Offer leads that stand at MQL and are not on offer yet; each must be answered within two
    business hours. Records `handover.offered`, which routing answers with an owner.

    `why` and `at` are one for all, or one by lead id. Offers are made in the order of the ids.
    """
    lead_ids = list(dict.fromkeys(lead_ids))
    moments, reasons = by_id(at or clock.now(), lead_ids), by_id(why, lead_ids)
    waiting = Lead.objects.select_for_update(of=("self",)).filter(
        pk__in=lead_ids, stage=LeadStage.MQL, disposition=Disposition.ACTIVE
    )
    rows = list(waiting.exclude(handovers__state=Handover.State.OFFERED).order_by("pk"))
    if not rows:
        return []
    rows.sort(key=lambda lead: lead_ids.index(lead.pk))
    office = organisation_hours()
    cycles = _latest_cycles(rows)
    made = Handover.objects.bulk_create(
        Handover(
            lead=lead,
            cycle_id=cycles[lead.pk],
            why=reasons[lead.pk][:200],
            offered_at=moments[lead.pk],
            due_at=hours.add(office, moments[lead.pk], ACCEPT_WINDOW),
            origin=origin,
        )
        for lead in rows
    )
    record_many(
        Kind.HANDOVER_OFFERED,
        [one.lead_id for one in made],
        by=by,
        data=[{"handover": one.pk, "reason": one.why} for one in made],
        at=[one.offered_at for one in made],
        origin=origin,
    )
    return made


def _latest_cycles(rows: list[Lead]) -> dict[int, int]:
    latest = LeadCycle.objects.filter(lead__in=rows).order_by("lead", "-number").distinct("lead")
    return dict(latest.values_list("lead_id", "pk"))


def _answer(handover: Handover, state: str, by: User | None, at: datetime) -> Handover:
    """The row, locked and moved to its final state. Raises Conflict where somebody answered before."""
    row = (
        Handover.objects.select_for_update(of=("self",)).select_related("lead").get(pk=handover.pk)
    )
    if row.state != Handover.State.OFFERED:
        raise Conflict(
            _("%(who)s answered this hand-over already: %(state)s.")
            % {"who": row.decided_by or _("The clock"), "state": row.get_state_display()}
        )
    row.state, row.decided_by, row.decided_at = state, by, at
    return row


@transaction.atomic
def accept(
    handover: Handover, *, by: User | None, at: datetime | None = None, origin: str | None = None
) -> Handover:
    """A named person takes the lead; whoever accepts an unowned lead becomes its owner."""
    at = at or clock.now()
    row = _answer(handover, Handover.State.ACCEPTED, by, at)
    row.save()
    origin = origin or row.origin
    if row.lead.owner_id is None and by is not None:
        leads.assign(row.lead, owner=by, by=by, reason="accepted", at=at, origin=origin)
    if may_advance(row.lead.stage, LeadStage.SAL):
        leads.advance(row.lead, to=LeadStage.SAL, by=by, reason="accepted", at=at, origin=origin)
    _record(Kind.HANDOVER_ACCEPTED, row, by, at)
    return row


@transaction.atomic
def reject(
    handover: Handover,
    *,
    reason: str,
    by: User | None,
    note: str = "",
    return_on: date | None = None,
    at: datetime | None = None,
) -> Handover:
    """Return the lead with a reason, which decides where it goes. Raises Invalid without one."""
    at = at or clock.now()
    if reason not in RejectReason.values:
        raise Invalid(_("Say why you return this lead."), {"reason": [_("Choose a reason.")]})
    row = _answer(handover, Handover.State.REJECTED, by, at)
    row.reason, row.note = reason, note
    row.save()
    _follow(row, by, at, return_on)
    _record(Kind.HANDOVER_REJECTED, row, by, at, reason)
    return row


def _follow(row: Handover, by: User | None, at: datetime, return_on: date | None) -> None:
    consequence = CONSEQUENCES[row.reason]
    ids = [row.lead_id]
    if consequence == Consequence.DISQUALIFY:
        leads.disqualify_many(lead_ids=ids, reason=row.reason, by=by, at=at, origin=row.origin)
    elif consequence == Consequence.RECYCLE:
        leads.recycle_many(
            lead_ids=ids, reason=row.reason, return_on=return_on, by=by, at=at, origin=row.origin
        )
    elif consequence == Consequence.REPAIR:
        leads.advance_many(
            lead_ids=ids, to=LeadStage.LEAD, by=by, reason=row.reason, at=at, origin=row.origin
        )
    else:
        leads.unassign_many(lead_ids=ids, by=by, reason=row.reason, at=at)
        open_many(lead_ids=ids, why=row.why, by=by, at=at, origin=row.origin)


@transaction.atomic
def expire_due(*, at: datetime | None = None, limit: int = 500) -> int:
    """End the offers whose time has passed; returns how many. The lead stays MQL and on nobody's
    desk: `handover.expired` sends it to the next person, or to the fallback queue."""
    at = at or clock.now()
    rows = list(
        Handover.objects.select_for_update(skip_locked=True)
        .open()
        .filter(due_at__lte=at)
        .order_by("due_at")[:limit]
    )
    for row in rows:
        row.state, row.decided_at = Handover.State.EXPIRED, at
    Handover.objects.bulk_update(rows, ["state", "decided_at"])
    for row in rows:
        _record(Kind.HANDOVER_EXPIRED, row, None, at)
    return len(rows)


def _record(kind: Kind, row: Handover, by: User | None, at: datetime, reason: str = "") -> None:
    record(
        kind,
        lead_id=row.lead_id,
        by=by,
        data={"handover": row.pk, "to": row.lead.owner_id, "reason": reason},
        at=at,
        origin=row.origin,
    )

"""The response clock: from the moment a lead has an owner until the first real outbound touch."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from distribution.models import ResponseClock
from leadflow.calendars import hours
from leadflow.calendars.selectors import organisation_hours
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Lead, LeadCycle, LeadStage, Origin

TARGET = timedelta(hours=4)  # of business time, for a qualified lead (product definition F5)


@transaction.atomic(savepoint=False)
def start(assigned: Mapping[int, datetime], *, origin: str = Origin.LIVE) -> int:
    """Start the clock of qualified leads (id -> when they got an owner); a second owner does not
    reset the lead's own clock. Returns how many started."""
    waiting = Lead.objects.filter(pk__in=assigned, stage__in=[LeadStage.MQL, LeadStage.SAL])
    cycles = (
        LeadCycle.objects.filter(lead__in=waiting)
        .order_by("lead_id", "-number")
        .distinct("lead_id")
    )
    office = organisation_hours()
    rows = [
        ResponseClock(
            cycle=cycle,
            lead_id=cycle.lead_id,
            started_at=assigned[cycle.lead_id],
            owner_since=assigned[cycle.lead_id],
            due_at=hours.add(office, assigned[cycle.lead_id], TARGET),
            origin=origin,
        )
        for cycle in cycles
    ]
    before = ResponseClock.objects.filter(cycle__in=[row.cycle_id for row in rows]).count()
    ResponseClock.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows) - before


@transaction.atomic(savepoint=False)
def stop(touched: Mapping[int, datetime]) -> int:
    """Stop the running clocks of leads (id -> when they were touched); returns how many stopped."""
    running = ResponseClock.objects.select_for_update().filter(lead__in=touched, touched_at=None)
    rows = list(running.order_by("pk"))
    for row in rows:
        row.touched_at = max(touched[row.lead_id], row.started_at)
    ResponseClock.objects.bulk_update(rows, ["touched_at"])
    return len(rows)


@transaction.atomic
def warn_due(*, at: datetime | None = None, limit: int = 500) -> int:
    """Report, once each, the leads that waited too long; returns how many."""
    at = at or clock.now()
    rows = list(
        ResponseClock.objects.select_for_update(skip_locked=True)
        .filter(due_at__lte=at, touched_at=None, warned_at=None)
        .order_by("due_at")[:limit]
    )
    owners = dict(
        Lead.objects.filter(pk__in=[r.lead_id for r in rows]).values_list("pk", "owner_id")
    )
    for row in rows:
        row.warned_at = at
        record(
            Kind.LEAD_RESPONSE_OVERDUE,
            lead_id=row.lead_id,
            data={
                "due_at": row.due_at.isoformat(),
                "owner": owners.get(row.lead_id),
                "level": str(_("due")),
            },
            at=at,
            origin=row.origin,
        )
    ResponseClock.objects.bulk_update(rows, ["warned_at"])
    return len(rows)

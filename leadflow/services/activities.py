"""Calls, mails, meetings and to-dos: planned, logged, done."""

from datetime import datetime

from django.db import transaction
from django.db.models import Min
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Activity, Company, Lead, Origin
from leadflow.people.models import User


@transaction.atomic
def plan(
    *,
    kind: str,
    subject: str,
    lead: Lead | None = None,
    company: Company | None = None,
    subject_ref: str = "",
    owner: User | None,
    due_at: datetime | None,
    body: str = "",
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Activity:
    """Set the next step: something to do, by whom and when."""
    at = at or clock.now()
    activity = Activity.objects.create(
        kind=kind, subject=subject, body=body, lead=lead, company=company, subject_ref=subject_ref,
        owner=owner, due_at=due_at, created_by=by, created_at=at, origin=origin,
    )  # fmt: skip
    if lead:
        refresh_next_step(lead.pk)
    record(
        Kind.ACTIVITY_PLANNED,
        lead_id=lead.pk if lead else None,
        by=by,
        subject=activity,
        data=_data(activity),
        at=at,
        origin=origin,
    )
    return activity


@transaction.atomic
def log(
    *,
    kind: str,
    subject: str,
    lead: Lead | None = None,
    company: Company | None = None,
    subject_ref: str = "",
    owner: User | None = None,
    body: str = "",
    direction: str = "outbound",
    outcome: str = "",
    minutes: int | None = None,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Activity:
    """Write down a touch that happened."""
    at = at or clock.now()
    activity = Activity.objects.create(
        kind=kind, subject=subject, body=body, lead=lead, company=company, subject_ref=subject_ref,
        owner=owner or by, direction=direction, outcome=outcome, minutes=minutes, done_at=at,
        created_by=by, created_at=at, origin=origin,
    )  # fmt: skip
    _touched(activity, at)
    _record_done(Kind.ACTIVITY_LOGGED, activity, by, at, origin)
    return activity


@transaction.atomic
def complete(
    activity: Activity, *, by: User | None, outcome: str = "", at: datetime | None = None
) -> Activity:
    """Mark a planned activity as done. Raises Conflict where it is done already."""
    at = at or clock.now()
    row = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    if row.done_at:
        raise Conflict(_("This was marked as done already."))
    row.done_at, row.outcome = at, outcome or row.outcome
    row.save(update_fields=["done_at", "outcome"])
    _touched(row, at)
    _record_done(Kind.ACTIVITY_COMPLETED, row, by, at, row.origin)
    return row


@transaction.atomic
def reopen(activity: Activity, *, by: User | None) -> Activity:
    """Undo `complete`."""
    Activity.objects.filter(pk=activity.pk).update(done_at=None)
    activity.refresh_from_db()
    if activity.lead_id:
        refresh_next_step(activity.lead_id)
    record(
        Kind.ACTIVITY_PLANNED,
        lead_id=activity.lead_id,
        by=by,
        subject=activity,
        data=_data(activity),
    )
    return activity


@transaction.atomic
def snooze(activity: Activity, *, due_at: datetime, by: User | None) -> Activity:
    """Put a planned activity off."""
    activity.due_at = due_at
    activity.save(update_fields=["due_at"])
    if activity.lead_id:
        refresh_next_step(activity.lead_id)
    record(
        Kind.ACTIVITY_PLANNED,
        lead_id=activity.lead_id,
        by=by,
        subject=activity,
        data=_data(activity),
    )
    return activity


def _data(activity: Activity) -> dict[str, object]:
    """Ids and kinds only: what was said stays in the activity, where erasure finds it."""
    return {
        "activity": activity.pk,
        "kind": activity.kind,
        "touch": activity.is_touch and activity.direction == "outbound",
        "due_at": activity.due_at.isoformat() if activity.due_at else None,
    }


def _record_done(
    kind: Kind, activity: Activity, by: User | None, at: datetime, origin: str
) -> None:
    record(
        kind,
        lead_id=activity.lead_id,
        by=by,
        subject=activity,
        data=_data(activity),
        at=at,
        origin=origin,
    )


def _touched(activity: Activity, at: datetime) -> None:
    if activity.lead_id is None:
        return
    if activity.is_touch:
        # GREATEST ignores NULL in PostgreSQL, so a first touch counts and an older one changes nothing
        Lead.objects.filter(pk=activity.lead_id).update(
            last_activity_at=Greatest("last_activity_at", at)
        )
    refresh_next_step(activity.lead_id)


def refresh_next_step(lead_id: int) -> None:
    """Keep `Lead.next_step_at` equal to the earliest due time of its open activities."""
    due = Activity.objects.filter(lead_id=lead_id, done_at=None).aggregate(first=Min("due_at"))
    Lead.objects.filter(pk=lead_id).update(next_step_at=due["first"])

"""Calls, mails, meetings and to-dos: planned, logged, done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Min, OuterRef, Subquery
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record, record_many
from leadflow.kit import clock
from leadflow.models import Activity, Company, Lead, Origin
from leadflow.people.models import User
from leadflow.services import repeating


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
    minutes: int | None = None,
    body: str = "",
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Activity:
    """Set the next step: something to do, by whom and when."""
    at = at or clock.now()
    activity = Activity.objects.create(
        kind=kind, subject=subject, body=body, lead=lead, company=company, subject_ref=subject_ref,
        owner=owner, due_at=due_at, minutes=minutes, created_by=by, created_at=at, origin=origin,
    )  # fmt: skip
    if lead:
        refresh_next_steps([lead.pk])
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


@dataclass(frozen=True, kw_only=True)
class Touch:
    """Something that happened between somebody of ours and a lead or company."""

    kind: str
    subject: str
    lead: Lead | None = None
    company: Company | None = None
    subject_ref: str = ""
    owner: User | None = None  # whose it is, where not theirs who write it down
    body: str = ""
    direction: str = "outbound"
    outcome: str = ""
    minutes: int | None = None
    by: User | None
    at: datetime


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
    touch = Touch(
        kind=kind, subject=subject, lead=lead, company=company, subject_ref=subject_ref,
        owner=owner, body=body, direction=direction, outcome=outcome, minutes=minutes, by=by,
        at=at or clock.now(),
    )  # fmt: skip
    return log_many([touch], origin=origin)[0]


@transaction.atomic(savepoint=False)
def log_many(touches: Sequence[Touch], *, origin: str = Origin.LIVE) -> list[Activity]:
    """Write down touches that happened, each by its person at its time."""
    if not touches:
        return []
    rows = Activity.objects.bulk_create(
        Activity(
            kind=one.kind, subject=one.subject, body=one.body, lead=one.lead,
            company=one.company, subject_ref=one.subject_ref, owner=one.owner or one.by,
            direction=one.direction, outcome=one.outcome, minutes=one.minutes, done_at=one.at,
            created_by=one.by, created_at=one.at, origin=origin,
        )
        for one in touches
    )  # fmt: skip
    _touched(rows)
    record_many(
        Kind.ACTIVITY_LOGGED,
        [row.lead_id for row in rows],
        by=[one.by for one in touches],
        subjects=rows,
        data=[_data(row) for row in rows],
        at=[one.at for one in touches],
        origin=origin,
    )
    return rows


def complete(
    activity: Activity,
    *,
    by: User | None,
    outcome: str = "",
    body: str = "",
    at: datetime | None = None,
) -> Activity:
    """Mark a planned activity as done, with how it went. Raises Conflict where it is done already."""
    rows = complete_many([activity.pk], by=by, outcome=outcome, body=body, at=at)
    if not rows:
        raise Conflict(_("This was marked as done already."))
    return rows[0]


@transaction.atomic
def complete_many(
    ids: Collection[int],
    *,
    by: User | None,
    outcome: str = "",
    body: str = "",
    at: datetime | None = None,
) -> list[Activity]:
    """Mark those that are open as done; one that repeats makes its next, once. Returns what was done now."""
    at = at or clock.now()
    rows = list(
        Activity.objects.open()
        .select_for_update(of=("self",))
        .select_related("owner")
        .filter(pk__in=ids)
        .order_by("pk")
    )
    for row in rows:
        row.done_at, row.outcome = at, outcome or row.outcome
        row.body = "\n\n".join(part for part in (row.body, body.strip()) if part)
    Activity.objects.bulk_update(rows, ["done_at", "outcome", "body"])
    nexts = repeating.continue_series(rows, at=at)
    _touched(rows)
    _tell(Kind.ACTIVITY_COMPLETED, rows, by=by, at=at)
    _tell(Kind.ACTIVITY_PLANNED, nexts, by=None, at=at)
    return rows


def reopen(activity: Activity, *, by: User | None) -> Activity:
    """Undo `complete`."""
    reopen_many([activity.pk], by=by)
    activity.refresh_from_db()
    return activity


@transaction.atomic
def reopen_many(ids: Collection[int], *, by: User | None) -> list[Activity]:
    """Undo `complete_many`: the next of a series goes again, unless that is done as well."""
    rows = list(
        Activity.objects.select_for_update(of=("self",))
        .filter(pk__in=ids, done_at__isnull=False)
        .order_by("pk")
    )
    for row in rows:
        row.done_at = None
    Activity.objects.bulk_update(rows, ["done_at"])
    repeating.unmake(rows)
    tell_planned(rows, by=by)
    return rows


def tell_planned(rows: Sequence[Activity], *, by: User | None, at: datetime | None = None) -> None:
    """Their time is new: their leads' next steps follow, and whoever follows work on them."""
    refresh_next_steps({row.lead_id for row in rows if row.lead_id})
    _tell(Kind.ACTIVITY_PLANNED, rows, by=by, at=at)


def _tell(
    kind: Kind, rows: Sequence[Activity], *, by: User | None, at: datetime | None = None
) -> None:
    """Record the fact about each, of the origin that the row has."""
    for origin in sorted({row.origin for row in rows}):
        of = [row for row in rows if row.origin == origin]
        record_many(
            kind, [row.lead_id for row in of], by=by, subjects=of, data=[_data(row) for row in of],
            at=at, origin=origin,
        )  # fmt: skip


@transaction.atomic
def snooze(
    activity: Activity,
    *,
    due_at: datetime,
    by: User | None,
    owner: User | None = None,
    at: datetime | None = None,
) -> Activity:
    """Put a planned activity off, to somebody else where an owner is named."""
    activity.due_at = due_at
    activity.owner = owner or activity.owner
    activity.save(update_fields=["due_at", "owner"])
    tell_planned([activity], by=by, at=at)
    return activity


def move_or_plan(
    step: Activity | None, *, kind: str, due_at: datetime | None, by: User | None, **about: Any
) -> None:
    """Move the next step to another time, or plan one that is told by its kind alone (a call, if none is).

    Without a time nothing changes. `about` is what `plan` takes: lead, company, subject_ref, owner.
    """
    if due_at is None:
        return
    if step is None:
        kind = kind or Activity.Kind.CALL
        plan(kind=kind, subject=str(Activity.Kind(kind).label), due_at=due_at, by=by, **about)
    elif due_at != step.due_at:
        snooze(step, due_at=due_at, by=by)


@transaction.atomic
def drop(activity: Activity) -> None:
    """Take a plan back that will not be carried out; what was done stays. The caller records why."""
    lead_id = activity.lead_id
    Activity.objects.open().filter(pk=activity.pk).delete()
    if lead_id:
        refresh_next_steps([lead_id])


def _data(activity: Activity) -> dict[str, object]:
    """Ids and kinds only: what was said stays in the activity, where erasure finds it."""
    return {
        "activity": activity.pk,
        "kind": activity.kind,
        "touch": activity.is_touch and activity.direction == "outbound",
        "due_at": activity.due_at.isoformat() if activity.due_at else None,
    }


def _touched(rows: Sequence[Activity]) -> None:
    """Tell their leads when they were last touched, and what comes next for them."""
    last: dict[int, datetime] = {}
    for row in rows:
        if row.lead_id and row.is_touch and row.done_at:
            last[row.lead_id] = max(row.done_at, last.get(row.lead_id, row.done_at))
    with connection.cursor() as cursor:
        # GREATEST ignores NULL in PostgreSQL, so a first touch counts and an older one changes nothing
        cursor.execute(_LAST, [list(last), list(last.values())])
    refresh_next_steps({row.lead_id for row in rows if row.lead_id})


_LAST = """
UPDATE leadflow_lead l SET last_activity_at = GREATEST(l.last_activity_at, touched.at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS touched (id, at) WHERE l.id = touched.id
"""


def refresh_next_steps(lead_ids: Collection[int]) -> None:
    """Keep `Lead.next_step_at` equal to the earliest due time of its open activities."""
    if not lead_ids:
        return
    open_ones = Activity.objects.filter(lead=OuterRef("pk"), done_at=None).order_by()
    due = open_ones.values("lead").annotate(first=Min("due_at")).values("first")
    Lead.objects.filter(pk__in=lead_ids).update(next_step_at=Subquery(due))

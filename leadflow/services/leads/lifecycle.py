"""The one place where a lead's stage, status and disposition change."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from leadflow.errors import InvalidTransition
from leadflow.events.kinds import Kind
from leadflow.events.log import record, record_many
from leadflow.history import changes
from leadflow.kit import clock
from leadflow.kit.each import Each, by_id
from leadflow.models import Disposition, Lead, LeadCycle, LeadStage, LeadStatus, Origin
from leadflow.models.stages import STAMP, furthest, may_advance
from leadflow.people.models import User


def locked(lead_ids: Iterable[int]) -> list[Lead]:
    """The leads, locked in id order so that two callers never wait for each other in a ring."""
    return list(
        Lead.objects.select_for_update(of=("self",)).filter(pk__in=set(lead_ids)).order_by("pk")
    )


def advance(
    lead: Lead,
    *,
    to: str,
    by: User | None,
    reason: str = "",
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Lead:
    """Move one lead to a stage. Raises InvalidTransition where the table does not allow it."""
    moved = advance_many(lead_ids=[lead.pk], to=to, by=by, reason=reason, at=at, origin=origin)
    if not moved:
        lead.refresh_from_db()
        raise InvalidTransition(
            _("A lead cannot go from %(from)s to %(to)s.")
            % {"from": LeadStage(lead.stage).label, "to": LeadStage(to).label}
        )
    return moved[0]


@transaction.atomic(savepoint=False)
def advance_many(
    *,
    lead_ids: Iterable[int],
    to: str,
    by: User | None,
    reason: Each[str] = "",
    at: Each[datetime] | None = None,
    origin: str = Origin.LIVE,
) -> list[Lead]:
    """Move each lead whose stage allows it; returns those that moved, leaves the others alone.

    `reason` and `at` are one for all, or one by lead id.
    """
    lead_ids = set(lead_ids)
    moments, reasons = by_id(at or clock.now(), lead_ids), by_id(reason, lead_ids)
    movable = [lead for lead in locked(lead_ids) if may_advance(lead.stage, to)]
    was = {lead.pk: snapshot(lead) for lead in movable}
    for lead in movable:
        lead.stage = to
        lead.furthest_stage = furthest(lead.furthest_stage, to)
        lead.stage_since = moments[lead.pk]
        lead.disposition = Disposition.ACTIVE
        lead.status = _status_on(lead, to)
        lead.version += 1
    Lead.objects.bulk_update(
        movable, ["stage", "furthest_stage", "stage_since", "disposition", "status", "version"]
    )
    _stamp({lead.pk: moments[lead.pk] for lead in movable}, to)
    record_many(
        Kind.LEAD_ADVANCED,
        [lead.pk for lead in movable],
        by=by,
        data=[
            {"from": was[lead.pk]["stage"], "to": to, "reason": reasons[lead.pk]}
            for lead in movable
        ],
        at=[moments[lead.pk] for lead in movable],
        origin=origin,
    )
    remember(movable, was, by=by, at=moments)
    return movable


def snapshot(lead: Lead) -> dict[str, Any]:
    """What this module and `ownership` may change of a lead, as history keeps it."""
    return {
        "stage": lead.stage,
        "status": lead.status,
        "disposition": lead.disposition,
        "owner": lead.owner_id,
        "team": lead.team_id,
    }


def remember(
    rows: Iterable[Lead],
    was: dict[int, dict[str, Any]],
    *,
    by: User | None,
    at: Each[datetime],
) -> None:
    """Write history for the leads whose snapshot changed; `at` is one for all, or one by lead id."""
    changes.record_many(
        ((lead, was[lead.pk], snapshot(lead)) for lead in rows), by=by, at=at, cause="lifecycle"
    )


def _status_on(lead: Lead, to: str) -> str:
    if to == LeadStage.MQL:
        return LeadStatus.NEW
    return lead.status if to in {LeadStage.SAL, LeadStage.SQL} else ""


def _stamp(moments: Mapping[int, datetime], to: str) -> None:
    """Write when each lead (by id) first reached the stage, on her latest cycle."""
    if not moments:
        return
    table, column = LeadCycle._meta.db_table, STAMP[to]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE {table} c SET {column} = reached.at
            FROM unnest(%s::bigint[], %s::timestamptz[]) AS reached (lead, at)
            WHERE c.lead_id = reached.lead AND c.{column} IS NULL
            AND c.number = (SELECT max(number) FROM {table} WHERE lead_id = reached.lead)""",  # noqa: S608 - a name of ours
            [list(moments), list(moments.values())],
        )


@transaction.atomic
def reached_before(*, lead_id: int, stage: str, at: datetime) -> None:
    """She had reached the stage of her latest cycle at `at` already, if that is earlier than known."""
    name = STAMP[stage]
    latest = LeadCycle.objects.filter(lead=lead_id).order_by("-number").values("pk")[:1]
    LeadCycle.objects.filter(pk__in=latest, **{f"{name}__gt": at}).update(**{name: at})


@transaction.atomic
def set_status_many(
    *, lead_ids: Iterable[int], status: str, by: User | None, at: datetime | None = None
) -> int:
    """Set the sales working state of leads between MQL and SQL; returns how many changed."""
    at = at or clock.now()
    working = {LeadStage.MQL, LeadStage.SAL, LeadStage.SQL}
    rows = [r for r in locked(lead_ids) if r.stage in working and r.status != status]
    was = {row.pk: snapshot(row) for row in rows}
    Lead.objects.filter(pk__in=[r.pk for r in rows]).update(status=status)
    for row in rows:
        row.status = status
    remember(rows, was, by=by, at=at)
    record_many(Kind.LEAD_CHANGED, [r.pk for r in rows], by=by, data={"fields": ["status"]}, at=at)
    return len(rows)


@transaction.atomic(savepoint=False)
def disqualify_many(
    *,
    lead_ids: Iterable[int],
    reason: str,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> list[Lead]:
    """Take leads off the road for good: no fit, competitor, spam; customers stay."""
    at = at or clock.now()
    rows = [r for r in locked(lead_ids) if _may_leave(r, Disposition.DISQUALIFIED)]
    _leave(rows, Disposition.DISQUALIFIED, {"disqualified_at": at, "reason": reason}, by, at)
    record_many(
        Kind.LEAD_DISQUALIFIED,
        [r.pk for r in rows],
        by=by,
        data={"reason": reason},
        at=at,
        origin=origin,
    )
    return rows


@transaction.atomic(savepoint=False)
def recycle_many(
    *,
    lead_ids: Iterable[int],
    reason: str,
    by: User | None,
    return_on: date | None = None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> list[Lead]:
    """Send leads back to nurture until `return_on`: fit, but not now. Their next cycle begins then."""
    at = at or clock.now()
    rows = [r for r in locked(lead_ids) if _may_leave(r, Disposition.RECYCLED)]
    stamps = {"recycled_at": at, "return_on": return_on, "reason": reason}
    _leave(rows, Disposition.RECYCLED, stamps, by, at)
    record_many(
        Kind.LEAD_RECYCLED,
        [r.pk for r in rows],
        by=by,
        data={"reason": reason, "return_on": return_on.isoformat() if return_on else None},
        at=at,
        origin=origin,
    )
    return rows


@transaction.atomic(savepoint=False)
def take_back_recycling(
    *, lead_id: int, return_on: date, by: User | None, at: datetime | None = None
) -> bool:
    """Let a cycle go on from which a lead was sent away until this day; whether she was.

    For a cause that fell away, as a lost deal that is open again. Her new cycle, once it has begun,
    stays.
    """
    at = at or clock.now()
    rows = [r for r in locked([lead_id]) if r.disposition == Disposition.RECYCLED]
    latest = LeadCycle.objects.filter(lead=lead_id).order_by("-number").first()
    if not rows or latest is None or latest.return_on != return_on:
        return False
    was = {row.pk: snapshot(row) for row in rows}
    for row in rows:
        row.disposition = Disposition.ACTIVE
        row.version += 1
    Lead.objects.bulk_update(rows, ["disposition", "version"])
    LeadCycle.objects.filter(pk=latest.pk).update(recycled_at=None, return_on=None, reason="")
    remember(rows, was, by=by, at=at)
    data = {"fields": ["disposition"]}
    record_many(Kind.LEAD_CHANGED, [lead_id], by=by, data=data, at=at)
    return True


def _may_leave(lead: Lead, disposition: str) -> bool:
    return lead.stage != LeadStage.CUSTOMER and lead.disposition != disposition


def _leave(
    rows: list[Lead], disposition: str, stamps: dict[str, Any], by: User | None, at: datetime
) -> None:
    ids = [row.pk for row in rows]
    was = {row.pk: snapshot(row) for row in rows}
    for row in rows:
        row.disposition = disposition
        row.status = ""
        row.version += 1
    Lead.objects.bulk_update(rows, ["disposition", "status", "version"])
    remember(rows, was, by=by, at=at)
    latest = LeadCycle.objects.filter(lead__in=ids).order_by("lead", "-number").distinct("lead")
    LeadCycle.objects.filter(pk__in=latest.values("pk")).update(**stamps)


@transaction.atomic
def reopen_many(
    *, lead_ids: Iterable[int], by: User | None, reason: str = "", at: datetime | None = None
) -> list[Lead]:
    """Bring disqualified or recycled leads back as leads, in a new cycle."""
    at = at or clock.now()
    rows = [r for r in locked(lead_ids) if r.disposition != Disposition.ACTIVE]
    before = {row.pk: snapshot(row) for row in rows}
    for row in rows:
        was, row.stage = row.stage, LeadStage.LEAD
        row.disposition, row.stage_since = Disposition.ACTIVE, at
        row.version += 1
        row.save(update_fields=["stage", "disposition", "stage_since", "version"])
        number = LeadCycle.objects.filter(lead=row).count() + 1
        LeadCycle.objects.create(
            lead=row, number=number, source=row.source, started_at=at, lead_at=at
        )
        record(
            Kind.LEAD_ADVANCED,
            lead_id=row.pk,
            by=by,
            data={"from": was, "to": LeadStage.LEAD, "reason": reason or "reopened"},
            at=at,
        )
    remember(rows, before, by=by, at=at)
    return rows

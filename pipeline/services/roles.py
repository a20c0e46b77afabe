"""Who is what to a deal: roles given, changed and taken, and where they go when people are merged."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import BuyingRole, Lead, Origin
from leadflow.people.models import User
from pipeline.models import Deal, DealPerson


@transaction.atomic
def give(
    *,
    deal: Deal,
    lead: Lead,
    role: str,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> DealPerson:
    """Let a person have this role in a deal, instead of the one she had. The same role again is fine.

    Records `role.changed`. Raises Invalid for a role that there is not, Conflict where the person was
    merged, erased or put in the trash meanwhile.
    """
    at = at or clock.now()
    if role not in BuyingRole.values:
        raise Invalid(_("Choose a role."), {"role": [_("Choose one of the list.")]})
    if lead.merged_into_id or lead.is_erased or lead.deleted_at:
        raise Conflict(_("This person is not here any more. Look again."))
    fresh = {"role": role, "by": by, "at": at, "origin": origin}
    held = DealPerson.objects.select_for_update()
    row, is_new = held.get_or_create(deal=deal, lead=lead, defaults=fresh)
    was = None if is_new else row.role
    if was == role:
        return row
    if not is_new:
        row.role, row.by, row.at = role, by, at
        row.save(update_fields=["role", "by", "at"])
    _record(row, was, role, by, at)
    return row


@transaction.atomic
def take(*, deal: Deal, lead: Lead, by: User | None, at: datetime | None = None) -> bool:
    """Let a person have no role in a deal any more; whether she had one. Records `role.changed`."""
    row = DealPerson.objects.select_for_update().filter(deal=deal, lead=lead).first()
    if row is None:
        return False
    was = row.role
    row.delete()
    _record(row, was, None, by, at or clock.now())
    return True


def _record(
    row: DealPerson, was: str | None, now: str | None, by: User | None, at: datetime
) -> None:
    record(
        Kind.ROLE_CHANGED,
        lead_id=row.lead_id,
        by=by,
        subject=row.deal,
        data={"deal": row.deal_id, "title": row.deal.name, "from": was, "to": now},
        at=at,
        origin=row.origin,
    )


@transaction.atomic
def follow_merge(*, gone: Iterable[int], keep: Lead) -> None:
    """What merged people were to deals, the surviving one is; in a deal of both she keeps her own role.

    Nothing is said of it: the merge is on record, and taking it apart brings every row back.
    """
    rows = DealPerson.objects.select_for_update().filter(lead__in=list(gone)).order_by("at", "pk")
    known = set(DealPerson.objects.filter(lead=keep).values_list("deal_id", flat=True))
    moving = {row.deal_id: row.pk for row in reversed(rows) if row.deal_id not in known}
    rows.exclude(pk__in=moving.values()).order_by().delete()
    DealPerson.objects.filter(pk__in=moving.values()).update(lead=keep)

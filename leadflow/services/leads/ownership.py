"""Who owns a lead. Routing, manual, bulk and API assignment all end here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.kit import clock
from leadflow.models import Lead, Origin
from leadflow.people.models import Membership, User
from leadflow.services.leads.lifecycle import locked, remember, snapshot


def assign(
    lead: Lead,
    *,
    owner: User,
    by: User | None,
    reason: str = "",
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Lead:
    """Give one lead to an owner; nothing happens where she has it already."""
    assign_many(owners={lead.pk: owner}, by=by, reason=reason, at=at, origin=origin)
    lead.refresh_from_db()
    return lead


@transaction.atomic
def claim(lead: Lead, *, by: User, at: datetime | None = None) -> Lead:
    """Take a lead that nobody has. Raises Conflict where somebody was faster."""
    (row,) = locked([lead.pk])
    if row.owner and row.owner != by:
        raise Conflict(_("%(who)s has taken this lead meanwhile.") % {"who": row.owner.name})
    return assign(row, owner=by, by=by, reason=_("taken from the hot list"), at=at)


@transaction.atomic
def assign_many(
    *,
    owners: Mapping[int, User],
    by: User | None,
    reason: str = "",
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> list[Lead]:
    """Give each lead (by id) to its new owner; returns those whose owner changed.

    Records `lead.assigned` per lead. Raises Invalid where an owner may not own leads.
    """
    at = at or clock.now()
    _refuse_those_who_cannot_own(owners.values())
    teams = _first_teams({owner.pk for owner in owners.values()})
    moved = [lead for lead in locked(owners) if lead.owner_id != owners[lead.pk].pk]
    was = {lead.pk: snapshot(lead) for lead in moved}
    for lead in moved:
        lead.owner = owners[lead.pk]
        lead.team_id = teams.get(lead.owner.pk)
        lead.assigned_at = at
        lead.version += 1
    Lead.objects.bulk_update(moved, ["owner", "team", "assigned_at", "version"])
    record_many(
        Kind.LEAD_ASSIGNED,
        [lead.pk for lead in moved],
        by=by,
        data=[
            {"from": was[lead.pk]["owner"], "to": lead.owner_id, "reason": reason} for lead in moved
        ],
        at=at,
        origin=origin,
    )
    remember(moved, was, by=by, at=at)
    return moved


def own_from_the_start(leads: Sequence[Lead], owners: Sequence[User | None]) -> None:
    """Put the owner of each on leads that are about to be stored; the caller stores and tells.

    Raises Invalid where an owner may not own leads.
    """
    named = [owner for owner in owners if owner]
    if not named:
        return
    _refuse_those_who_cannot_own(named)
    teams = _first_teams({owner.pk for owner in named})
    for lead, owner in zip(leads, owners, strict=True):
        if owner:
            lead.owner, lead.team_id = owner, teams.get(owner.pk)
            lead.assigned_at = lead.created_at


@transaction.atomic
def unassign_many(
    *, lead_ids: Iterable[int], by: User | None, reason: str = "", at: datetime | None = None
) -> list[Lead]:
    """Take leads from their owners; they keep the team so that its manager sees them."""
    at = at or clock.now()
    freed = [lead for lead in locked(lead_ids) if lead.owner_id]
    was = {lead.pk: snapshot(lead) for lead in freed}
    Lead.objects.filter(pk__in=list(was)).update(owner=None, assigned_at=None)
    for lead in freed:
        lead.owner, lead.assigned_at = None, None
    remember(freed, was, by=by, at=at)
    record_many(
        Kind.LEAD_ASSIGNED,
        list(was),
        by=by,
        data=[{"from": was[pk]["owner"], "to": None, "reason": reason} for pk in was],
        at=at,
    )
    return freed


def _refuse_those_who_cannot_own(owners: Iterable[User]) -> None:
    ids = {owner.pk for owner in owners}
    able = set(User.objects.can_own().filter(pk__in=ids).values_list("pk", flat=True))
    if ids - able:
        raise Invalid(
            _("Only active reps, managers and admins can own leads."),
            {"owner": [_("Choose another.")]},
        )


def _first_teams(user_ids: set[int]) -> dict[int, int]:
    rows = (
        Membership.objects.filter(user__in=user_ids).order_by("user_id", "pk").distinct("user_id")
    )
    return dict(rows.values_list("user_id", "team_id"))

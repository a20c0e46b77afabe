"""Making pools and changing who is in them."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from distribution.models import Pool, PoolMember
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.people.models import User

MEMBER_FIELDS = frozenset({"weight", "is_paused", "open_cap", "day_cap"})


@transaction.atomic
def create(*, name: str, by: User | None, always_open: bool = False) -> Pool:
    """Make a pool. Raises Conflict where the name is taken."""
    if Pool.objects.filter(name=name).exists():
        raise Conflict(_("There is a pool with that name already."))
    pool = Pool.objects.create(name=name, always_open=always_open)
    record(Kind.SETTING_CHANGED, by=by, subject=pool, data={"name": "pool", "to": name})
    return pool


@transaction.atomic
def put_member(pool: Pool, *, user: User, by: User | None, **values: Any) -> PoolMember:
    """Add a person to a pool, or change her place in it. A new member starts in the middle of the
    turns: neither flooded nor last for long. Raises Invalid where she cannot own leads."""
    unknown = set(values) - MEMBER_FIELDS
    if unknown:
        raise Invalid(_("Some values cannot be taken."), {key: [_("Unknown.")] for key in unknown})
    if not User.objects.can_own().filter(pk=user.pk).exists():
        raise Invalid(_("Only active reps, managers and admins can be in a pool."), {"user": [""]})
    Pool.objects.select_for_update().get(pk=pool.pk)
    member = PoolMember.objects.filter(pool=pool, user=user).first()
    before = _values(member)
    if member is None:
        member = PoolMember(pool=pool, user=user, current=_middle(pool))
    for key, value in values.items():
        setattr(member, key, value)
    member.save()
    _announce(pool, user, before, _values(member), by)
    return member


@transaction.atomic
def remove_member(pool: Pool, *, user: User, by: User | None) -> None:
    """Take a person out of a pool; her leads stay hers."""
    Pool.objects.select_for_update().get(pk=pool.pk)
    member = PoolMember.objects.filter(pool=pool, user=user).first()
    if member:
        before = _values(member)
        member.delete()
        _announce(pool, user, before, {}, by)


def _middle(pool: Pool) -> float:
    currents = list(PoolMember.objects.filter(pool=pool).values_list("current", flat=True))
    return sum(currents) / len(currents) if currents else 0.0


def _values(member: PoolMember | None) -> dict[str, Any]:
    return {key: getattr(member, key) for key in sorted(MEMBER_FIELDS)} if member else {}


def _announce(
    pool: Pool, user: User, before: Mapping[str, Any], after: Mapping[str, Any], by: User | None
) -> None:
    record(
        Kind.SETTING_CHANGED,
        by=by,
        subject=pool,
        data={"name": f"pool:{pool.pk}:member:{user.pk}", "from": dict(before), "to": dict(after)},
    )

"""Giving leads to people. `route_many` is the only writer of assignments; one lead is a list of one.

Order of decision (product definition F5): a lead that has an owner keeps her; then the owner of her
company; then the rules, first match wins; then whose turn it is in the pool; else the fallback queue.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from distribution import rules
from distribution.models import Assignment, Pool, PoolMember
from distribution.services import policy
from leadflow.calendars.hours import is_open
from leadflow.calendars.selectors import hours_of
from leadflow.conditions import records
from leadflow.conditions.language import matches
from leadflow.conditions.zone import here
from leadflow.errors import Conflict
from leadflow.history import availability
from leadflow.kit import clock
from leadflow.models import Disposition, Lead, LeadStage, Origin
from leadflow.people.models import User
from leadflow.services import leads as lead_services

EVERYBODY_ELSE = "everybody else"  # in a trace: no rule matched, the pool at the end took her
WORKED = (LeadStage.MQL, LeadStage.SAL)  # what counts against a cap of open leads


@dataclass
class _Batch:
    """Leads under decision, and what was decided so far: lead id -> assignment."""

    leads: dict[int, Lead]
    triggers: Mapping[int, str]
    at: datetime
    origin: str
    version: int | None = None
    made: dict[int, Assignment] = field(default_factory=dict)

    def left(self) -> list[int]:
        """Leads that nothing was decided for, in id order."""
        return [pk for pk in self.leads if pk not in self.made]

    def give(self, lead_id: int, reason: str, trace: dict[str, Any], **more: Any) -> None:
        """Decide for one lead."""
        self.made[lead_id] = Assignment(
            lead_id=lead_id,
            trigger=self.triggers[lead_id],
            version=self.version,
            reason=reason[:200],
            trace=trace,
            at=self.at,
            origin=self.origin,
            **more,
        )


@transaction.atomic(savepoint=False)
def route_many(
    *,
    triggers: Mapping[int, str],
    by: User | None = None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
    forced: bool = False,
) -> list[Assignment]:
    """Decide about each lead (id -> what asked, such as "handover:7"), once per trigger.

    Leads with an owner are left alone unless `forced`. Returns the decisions, the fallback queue
    included. Records `lead.assigned` through the core service.
    """
    batch = _batch(triggers, at or clock.now(), origin, forced)
    _to_company_owners(batch)
    _by_rules(batch)
    for lead_id in batch.left():
        batch.give(lead_id, _("no rule matched"), {"fallback": True})
    return _hand_out(batch, by)


@transaction.atomic
def send_many(
    *,
    triggers: Mapping[int, str],
    pool: int | None = None,
    owner: int | None = None,
    reason: str,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> list[Assignment]:
    """Give leads to a pool or a person that somebody named beforehand, as a form does; once per trigger.

    Leads with an owner keep her. Raises Conflict for a pool that is gone or closed.
    """
    batch = _batch(triggers, at or clock.now(), origin, forced=False)
    if owner is not None:
        for lead_id in batch.left():
            batch.give(lead_id, reason, {"named": True}, owner_id=owner)
    else:
        turns = Pool.objects.select_for_update().filter(pk=pool or 0, is_archived=False).first()
        if turns is None:
            raise Conflict(_("The pool that the form names is gone. Choose another there."))
        ids = batch.left()
        _by_turn(batch, turns, ids, {pk: (reason, turns.pk, []) for pk in ids})
    return _hand_out(batch, None)


def _hand_out(batch: _Batch, by: User | None) -> list[Assignment]:
    made = Assignment.objects.bulk_create(list(batch.made.values()))
    people = User.objects.in_bulk([one.owner_id for one in made if one.owner_id])
    by_reason: dict[str, dict[int, User]] = defaultdict(dict)
    for one in made:
        if one.owner_id:
            by_reason[one.reason][one.lead_id] = people[one.owner_id]
    for reason, owners in by_reason.items():
        lead_services.assign_many(
            owners=owners, by=by, reason=reason, at=batch.at, origin=batch.origin
        )
    return made


def _batch(triggers: Mapping[int, str], at: datetime, origin: str, forced: bool) -> _Batch:
    known = set(
        Assignment.objects.filter(
            lead__in=triggers, trigger__in=set(triggers.values())
        ).values_list("lead_id", "trigger")
    )
    wanted = [pk for pk, trigger in triggers.items() if (pk, trigger) not in known]
    rows = (
        Lead.objects.select_for_update(of=("self",))
        .living()
        .filter(pk__in=wanted, disposition=Disposition.ACTIVE)
        .select_related("company")
        .order_by("pk")
    )
    if not forced:
        rows = rows.filter(owner=None)
    return _Batch({lead.pk: lead for lead in rows}, triggers, at, origin)


def _to_company_owners(batch: _Batch) -> None:
    owners = {
        pk: lead.company.owner_id
        for pk, lead in batch.leads.items()
        if lead.company and lead.company.owner_id
    }
    able = set(User.objects.can_own().filter(pk__in=owners.values()).values_list("pk", flat=True))
    able -= availability.away(able, batch.at)
    returned = _returned_by(owners)
    for pk, owner_id in owners.items():
        if owner_id in able and owner_id not in returned[pk]:
            batch.give(pk, _("owner of the company"), {"company": True}, owner_id=owner_id)


def _by_rules(batch: _Batch) -> None:
    version = policy.live()
    if version is None or not batch.left():
        return
    batch.version = version.pk
    chosen = _match(version.document, batch)
    waiting: dict[int, list[int]] = defaultdict(list)
    for lead_id, (_name, pool_id, _tested) in chosen.items():
        if pool_id is not None:
            waiting[pool_id].append(lead_id)
    for pool in Pool.objects.select_for_update().filter(pk__in=waiting).order_by("pk"):
        _by_turn(batch, pool, waiting[pool.pk], chosen)


def _match(
    document: Mapping[str, Any], batch: _Batch
) -> dict[int, tuple[str, int | None, list[str]]]:
    """Per lead: the rule that matched, its pool, and the rules tested before it."""
    ordered = policy.parsed(document)
    rows, at = Lead.objects.filter(pk__in=batch.left()), here(batch.at)
    known = records.load(rows, [when for _n, when, _p in ordered], at=at)
    chosen: dict[int, tuple[str, int | None, list[str]]] = {}
    for lead_id in batch.left():
        one, tested = known[lead_id], []
        found: tuple[str, int | None] = (EVERYBODY_ELSE, document.get("pool"))
        for name, when, pool_id in ordered:
            if matches(when, one.values, at=at, events=one.events):
                found = (name, pool_id)
                break
            tested.append(name)
        chosen[lead_id] = (*found, tested)
    return chosen


def _by_turn(
    batch: _Batch,
    pool: Pool,
    lead_ids: list[int],
    chosen: Mapping[int, tuple[str, int | None, list[str]]],
) -> None:
    places = list(PoolMember.objects.filter(pool=pool).select_related("user").order_by("pk"))
    members = _members(pool, places, lead_ids, batch.at)
    choices, after = rules.choose(lead_ids, members, batch.at)
    for choice in choices:
        name, _pool, tested = chosen[choice.lead_id]
        trace = {"rule": name, "not_matched": tested, **choice.trace}
        reason = _why(name, pool, found=choice.user_id is not None)
        batch.give(choice.lead_id, reason, trace, pool=pool, owner_id=choice.user_id)
    for place, member in zip(places, after, strict=True):
        place.current, place.last_assigned_at = member.current, member.last_assigned_at
    PoolMember.objects.bulk_update(places, ["current", "last_assigned_at"])


def _why(rule: str, pool: Pool, *, found: bool) -> str:
    """The decision in words: which rule spoke, which pool, and whether somebody's turn came."""
    words = {"rule": rule, "pool": pool.name}
    if not found:
        return _("nobody of the pool %(pool)s can take it now") % words
    if rule == EVERYBODY_ELSE:
        return _("pool %(pool)s, in turn") % words
    return _("%(rule)s: pool %(pool)s, in turn") % words


def _members(
    pool: Pool, places: Sequence[PoolMember], lead_ids: list[int], at: datetime
) -> list[rules.Member]:
    users = [place.user for place in places]
    ids = [user.pk for user in users]
    able = set(User.objects.can_own().filter(pk__in=ids).values_list("pk", flat=True))
    away, hours = availability.away(ids, at), hours_of(users, at=at)
    load, today = _open_leads(ids), _given_today(ids, at)
    returned = _returned_by(lead_ids)

    def barred(place: PoolMember) -> str:
        if place.user_id not in able:
            return "inactive"
        if place.is_paused:
            return "paused"
        if place.user_id in away:
            return "away"
        return "" if pool.always_open or is_open(hours[place.user_id], at) else "not at work"

    return [
        rules.Member(
            user_id=place.user_id,
            weight=place.weight,
            current=place.current,
            last_assigned_at=place.last_assigned_at,
            barred=barred(place),
            room=_room(place, load.get(place.user_id, 0), today.get(place.user_id, 0)),
            excluded=frozenset(pk for pk, users in returned.items() if place.user_id in users),
        )
        for place in places
    ]


def _room(place: PoolMember, load: int, today: int) -> int | None:
    caps = [
        cap - used
        for cap, used in ((place.open_cap, load), (place.day_cap, today))
        if cap is not None
    ]
    return min(caps, default=None)


def _open_leads(user_ids: Iterable[int]) -> dict[int, int]:
    rows = Lead.objects.living().active().in_stage(*WORKED).filter(owner__in=user_ids)
    return dict(rows.values_list("owner_id").annotate(n=Count("pk")))


def _given_today(user_ids: Iterable[int], at: datetime) -> dict[int, int]:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Assignment.objects.filter(owner__in=user_ids, at__gte=midnight)
    return dict(rows.values_list("owner_id").annotate(n=Count("pk")))


def _returned_by(lead_ids: Iterable[int]) -> dict[int, set[int]]:
    """Per lead, the people to whom it was given before: a returned or expired lead goes on."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = Assignment.objects.filter(lead__in=lead_ids, owner__isnull=False)
    for lead_id, owner_id in rows.values_list("lead_id", "owner_id"):
        found[lead_id].add(owner_id)
    return found

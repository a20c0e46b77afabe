"""Facts that somebody is told of."""

from collections import defaultdict
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.events.models import Event
from leadflow.models import Lead
from leadflow.notifications.models import Notice
from leadflow.notifications.services import Told, tell_many
from leadflow.people.models import User

# More leads than this for one person in one batch are one notification, not many.
ONE_BY_ONE = 5


def tell_owner(events: Sequence[Event]) -> None:
    """Tell the new owner of a lead, unless she took it herself."""
    mine: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        to = event.data.get("to")
        if to and to != event.actor_id and event.lead_id:
            mine[to].append(event)
    owners = User.objects.active().in_bulk(mine)
    ids = {event.lead_id for to in owners for event in mine[to]}
    leads = Lead.objects.filter(owner__in=owners).in_bulk(ids)
    told: list[Told] = []
    for to, user in owners.items():
        # whoever is not her lead any more went on to somebody else, who is told instead
        still = [e for e in mine[to] if e.lead_id in leads and leads[e.lead_id].owner_id == to]
        told += _of_owner(user, still, leads)
    tell_many(told)


def _of_owner(user: User, events: list[Event], leads: dict[int, Lead]) -> list[Told]:
    with override(user.language):
        if len(events) > ONE_BY_ONE:
            return [_summary(user, events)]
        return [_one(user, event, leads[event.lead_id or 0]) for event in events]


def _one(user: User, event: Event, lead: Lead) -> Told:
    reason = event.data.get("reason") or ""
    sentence = _("%(name)s is yours now") % {"name": lead.name}
    return Told(
        user=user,
        key=f"assigned:{event.pk}",
        kind=Notice.LEAD_ASSIGNED,
        sentence=f"{sentence}: {reason}" if reason else sentence,
        url=lead.get_absolute_url(),
        lead_id=lead.pk,
        at=event.occurred_at,
        origin=event.origin,
    )


def _summary(user: User, events: list[Event]) -> Told:
    return Told(
        user=user,
        key=f"assigned:{events[0].pk}-{events[-1].pk}",
        kind=Notice.LEAD_ASSIGNED,
        sentence=_("%(count)s leads are yours now") % {"count": len(events)},
        url="/leads/",
        at=events[-1].occurred_at,
        origin=events[0].origin,
    )

"""What distribution does when others report facts."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from distribution.models import Assignment, ResponseClock
from distribution.services import clocks, routing
from leadflow.events.models import Event
from leadflow.events.moments import moments
from leadflow.handover import services as handovers
from leadflow.models import Lead
from leadflow.services import leads


def assign(events: Sequence[Event]) -> None:
    """Marketing offered leads: find each an owner."""
    for some in moments(events):
        triggers = {e.lead_id: f"handover:{e.data['handover']}" for e in some if e.lead_id}
        routing.route_many(triggers=triggers, at=some[-1].occurred_at, origin=some[0].origin)


def place_answers(events: Sequence[Event]) -> None:
    """A form says whose its leads are: a person's, or whose turn it is in a pool."""
    for event in events:
        named = event.data.get("references") or {}
        pool, owner = named.get("pool"), named.get("owner")
        if event.lead_id and (pool or owner):
            routing.send_many(
                triggers={event.lead_id: f"submission:{event.data['submission']}"},
                pool=pool,
                owner=owner,
                reason=_("form “%(name)s”") % {"name": event.data.get("name", "")},
                at=event.occurred_at,
                origin=event.origin,
            )


def pass_on(events: Sequence[Event]) -> None:
    """Nobody answered in time: take the lead back and offer it to the next person."""
    ids = [e.lead_id for e in events if e.lead_id]
    at = events[-1].occurred_at
    given = Assignment.objects.filter(lead__in=ids, owner__isnull=False)
    routed = set(given.values_list("lead_id", flat=True))
    leads.unassign_many(lead_ids=sorted(routed), by=None, reason="expired", at=at)
    why = _("nobody answered in time")
    handovers.open_many(lead_ids=sorted(routed), why=why, at=at, origin=events[0].origin)


def start_clock(events: Sequence[Event]) -> None:
    """A lead got an owner: from now on she waits."""
    clocks.start(
        {e.lead_id: e.occurred_at for e in events if e.lead_id and e.data.get("to")},
        origin=events[0].origin,
    )


def stop_clock(events: Sequence[Event]) -> None:
    """Somebody really reached out."""
    clocks.stop({e.lead_id: e.occurred_at for e in events if e.lead_id and e.data.get("touch")})


def follow_merged_leads(events: Sequence[Event]) -> None:
    """Decisions about the merged row are the survivor's from now on."""
    for event in events:
        if not event.lead_id:
            continue
        survivor = Lead.objects.get(pk=event.lead_id)
        merged = event.data["merged"]
        kept = Assignment.objects.filter(lead=survivor).values("trigger")
        Assignment.objects.filter(lead=merged).exclude(trigger__in=kept).update(lead=survivor)
        ResponseClock.objects.filter(lead=merged).update(lead=survivor)

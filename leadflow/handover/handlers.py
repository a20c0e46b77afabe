"""What the hand-over does when others report facts."""

from collections.abc import Sequence

from leadflow.events.models import Event
from leadflow.handover import services
from leadflow.handover.models import Handover
from leadflow.models import Lead, LeadStage, Organisation
from leadflow.services import leads


def open(events: Sequence[Event]) -> None:
    """Leads qualified: they become MQL and are offered to sales."""
    first: dict[int, Event] = {}
    for event in events:
        if event.lead_id:
            first.setdefault(event.lead_id, event)
    why = {pk: event.data.get("reason") or event.data["to"] for pk, event in first.items()}
    at = {pk: event.occurred_at for pk, event in first.items()}
    origin = events[0].origin
    leads.advance_many(lead_ids=first, to=LeadStage.MQL, by=None, reason=why, at=at, origin=origin)
    services.open_many(lead_ids=first, why=why, at=at, origin=origin)


def accept_by_policy(events: Sequence[Event]) -> None:
    """Where the organisation accepts by itself, an owner is an acceptance."""
    if not Organisation.current().auto_accept:
        return
    owned = [e.lead_id for e in events if e.lead_id and e.data.get("to")]
    for handover in Handover.objects.open().filter(lead__in=owned).select_related("lead"):
        services.accept(handover, by=handover.lead.owner, at=events[-1].occurred_at)


def follow_merged_leads(events: Sequence[Event]) -> None:
    """Offers of the merged row are the survivor's; of two open ones the survivor's own stays."""
    for event in events:
        if not event.lead_id:
            continue
        survivor = Lead.objects.get(pk=event.lead_id)
        Handover.objects.filter(lead=event.data["merged"]).update(lead=survivor)

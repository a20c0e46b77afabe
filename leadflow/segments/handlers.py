"""What segments do when something about a lead changed: they look at her again."""

from collections.abc import Sequence
from datetime import datetime

from leadflow.events.models import Event
from leadflow.events.registry import history_safe, once_a_batch
from leadflow.kit import clock
from leadflow.models import Lead, Origin
from leadflow.segments import services


def _moment(events: Sequence[Event]) -> datetime:
    """When it happened; an imported fact is old news, and only today's membership matters."""
    if events[0].origin == Origin.IMPORT:
        return clock.now()
    return max(event.occurred_at for event in events)


@history_safe
@once_a_batch
def refresh(events: Sequence[Event]) -> None:
    """Leads changed in a way that rules can ask about."""
    at = _moment(events)
    ids = {event.lead_id for event in events if event.lead_id}
    themselves = {e.lead_id for e in events if e.lead_id and not e.data.get("by_publishing")}
    services.refresh_leads(lead_ids=themselves, at=at)
    services.refresh_leads(lead_ids=ids - themselves, at=at, by_publishing=True)


@history_safe
def refresh_company(events: Sequence[Event]) -> None:
    """Companies changed: rules about their people may say something else now."""
    companies = {event.subject_id for event in events if event.subject_id}
    ids = set(Lead.objects.living().filter(company__in=companies).values_list("pk", flat=True))
    services.refresh_leads(lead_ids=ids, at=_moment(events))


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """Two rows are one person: so are their memberships."""
    for event in events:
        if event.lead_id:
            services.follow_merge(
                survivor_id=event.lead_id, merged_id=event.data["merged"], at=event.occurred_at
            )
    refresh(events)

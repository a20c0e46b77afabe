"""What offers do when something happened elsewhere."""

from collections.abc import Sequence

from leadflow.events.models import Event
from leadflow.events.registry import history_safe
from leadflow.offers import services


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """What a merged lead was given is her survivor's."""
    for event in events:
        loser = event.data.get("merged") or event.data.get("loser")
        if loser and event.lead_id:
            services.move(from_lead=int(loser), to_lead=event.lead_id)

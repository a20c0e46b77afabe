"""What the stage does when something happened elsewhere."""

from collections.abc import Sequence

from capture.services import submissions
from leadflow.events.models import Event
from leadflow.events.registry import history_safe


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """Move the answers of a lead that was merged into another to the one that stays."""
    for event in events:
        loser = event.data.get("merged") or event.data.get("loser")
        if loser and event.lead_id:
            submissions.move(from_lead=int(loser), to_lead=event.lead_id)

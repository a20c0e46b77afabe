"""What the stage does when something happened elsewhere."""

from collections.abc import Sequence

from capture.services import notices, submissions
from leadflow.events.models import Event
from leadflow.events.registry import history_safe


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """Move the answers of a lead that was merged into another to the one that stays."""
    for event in events:
        loser = event.data.get("merged") or event.data.get("loser")
        if loser and event.lead_id:
            submissions.move(from_lead=int(loser), to_lead=event.lead_id)


def tell_people(events: Sequence[Event]) -> None:
    """Tell the people whom the form names that somebody sent it."""
    notices.tell(int(event.data["submission"]) for event in events)

"""What calendars do when something happened elsewhere."""

from collections.abc import Sequence

from leadflow.calendars import bookings
from leadflow.events.models import Event
from leadflow.events.registry import history_safe


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """What the merged row booked is the survivor's."""
    for event in events:
        if event.lead_id:
            bookings.follow_merge(from_lead=int(event.data["merged"]), to_lead=event.lead_id)

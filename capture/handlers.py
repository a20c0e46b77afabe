"""What the stage does when something happened elsewhere."""

from collections.abc import Sequence

from capture.services import following, notices, submissions
from leadflow.events.models import Event
from leadflow.events.registry import history_safe


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """Move the answers of a lead that was merged into another to the one that stays."""
    for event in events:
        loser = event.data.get("merged") or event.data.get("loser")
        if loser and event.lead_id:
            submissions.move(from_lead=int(loser), to_lead=event.lead_id)


def place_in_funnel(events: Sequence[Event]) -> None:
    """A form that speaks to a part of the funnel says how far down its leads are."""
    following.place(int(event.data["submission"]) for event in events)


def fill_company(events: Sequence[Event]) -> None:
    """The answer about the company's size fills the company, where nothing was known."""
    following.fill_company(int(event.data["submission"]) for event in events)


def tell_people(events: Sequence[Event]) -> None:
    """Tell the people whom the form names that somebody sent it."""
    notices.tell(int(event.data["submission"]) for event in events)

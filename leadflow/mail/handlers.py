"""What mail does when others report facts."""

from collections.abc import Sequence

from leadflow.events.models import Event
from leadflow.events.registry import history_safe
from leadflow.mail import confirming, engagement, inbound
from leadflow.models import Consent


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """The mail of a lead that was merged into another is the survivor's."""
    for event in events:
        if event.data.get("merged") and event.lead_id:
            inbound.move(from_lead=int(event.data["merged"]), to_lead=event.lead_id)


def ask_to_confirm(events: Sequence[Event]) -> None:
    """Somebody's consent waits for her confirmation: mail her the link."""
    ids = [event.data["consent"] for event in events]
    for asked in Consent.objects.filter(pk__in=ids).order_by("pk"):
        confirming.ask(asked=asked)


def confirm_clicks(events: Sequence[Event]) -> None:
    """People looked at pages of ours: a click of theirs of which it was too early to say is theirs."""
    seen = {e.lead_id for e in events if e.lead_id and e.data.get("kind") == "page.viewed"}
    if seen:
        engagement.confirm(sorted(seen))

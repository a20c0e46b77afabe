"""What the package does when something happened."""

from collections.abc import Sequence

from leadflow.events.models import Event
from leadflow.integrations import intake


def take_in(events: Sequence[Event]) -> None:
    """Read what other programs told: a lead, a fact of behaviour, or values beside ours."""
    intake.take_in(int(event.data.get("call") or 0) for event in events)

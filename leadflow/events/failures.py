"""Reactions that raised: stored for a person to see, and tried again when she says so."""

from collections.abc import Sequence

from django.db.models import F

from leadflow.events.models import Event, EventFailure
from leadflow.kit import clock

LONGEST_ERROR = 2_000


def store(event: Event, handler: str, error: str) -> EventFailure:
    """Keep that this handler could not take this event."""
    now = clock.now()
    failure, created = EventFailure.objects.get_or_create(
        event=event,
        handler=handler,
        defaults={"error": error[:LONGEST_ERROR], "first_at": now, "last_at": now},
    )
    if not created:
        EventFailure.objects.filter(pk=failure.pk).update(
            error=error[:LONGEST_ERROR],
            attempts=F("attempts") + 1,
            last_at=now,
            state=EventFailure.State.OPEN,
        )
    return failure


def open_ids(limit: int = 1_000) -> Sequence[int]:
    """Failures that nobody solved, oldest event first."""
    rows = EventFailure.objects.filter(state=EventFailure.State.OPEN).order_by("event_id", "id")
    return list(rows.values_list("pk", flat=True)[:limit])

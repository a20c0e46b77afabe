"""Facts that a handler takes together although they did not happen together."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from leadflow.events.models import Event

CLOSE = timedelta(minutes=5)


def moments(events: Sequence[Event], close: timedelta = CLOSE) -> Iterator[list[Event]]:
    """The events by when they happened: each list spans at most `close`, the earliest first.

    A batch holds what came in a moment, mostly. After a standstill, or where facts are reported later,
    it spans days, and whoever decides something by the time decides for each moment of its own.
    """
    some: list[Event] = []
    for event in sorted(events, key=lambda one: (one.occurred_at, one.pk)):
        if some and event.occurred_at - some[0].occurred_at > close:
            yield some
            some = []
        some.append(event)
    if some:
        yield some

"""Fixtures of the event log."""

import pytest

from leadflow.events import relay
from leadflow.events.models import Event, EventFailure


@pytest.fixture
def drain_events():
    """Run the relay inline until nothing is pending; a handler that raised fails the test."""

    def drain(*, allow_failures=False):
        report = relay.run()
        if not allow_failures:
            failures = EventFailure.objects.filter(state=EventFailure.State.OPEN)
            assert not failures, "\n".join(f"{f}: {f.error}" for f in failures)
        return report

    return drain


@pytest.fixture
def recorded():
    """The kinds of event recorded so far, in order; of one lead where asked."""

    def kinds(lead=None):
        events = Event.objects.order_by("id")
        if lead is not None:
            events = events.filter(lead_id=getattr(lead, "pk", lead))
        return list(events.values_list("kind", flat=True))

    return kinds

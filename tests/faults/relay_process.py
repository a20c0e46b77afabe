"""A relay process whose one handler makes a tag per lead, slowly; started and killed by tests."""

import sys
import time

import django

django.setup()

from leadflow.events import relay  # noqa: E402
from leadflow.events.kinds import Kind  # noqa: E402
from leadflow.events.registry import install  # noqa: E402
from leadflow.models import Tag  # noqa: E402


def on_noted(events):
    """Names are unique: an event that is reacted to twice raises."""
    for event in events:
        Tag.objects.create(name=f"lead {event.lead_id}")
        time.sleep(0.001)


install({Kind.NOTE_ADDED: [on_noted]})
sys.stdout.write("ready\n")
sys.stdout.flush()
while relay.run(batch=100).busy:
    time.sleep(0.01)

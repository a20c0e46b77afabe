"""A relay process whose one handler makes a tag per lead, slowly; started and killed by tests."""

import sys
import time

import django

django.setup()

from leadflow.events import relay  # noqa: E402
from leadflow.events.kinds import Kind  # noqa: E402
from leadflow.events.registry import install  # noqa: E402
from leadflow.models import Tag  # noqa: E402


def say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def on_noted(events):
    """Names are unique: an event that is reacted to twice raises."""
    say("batch")
    for event in events:
        Tag.objects.create(name=f"lead {event.lead_id}")
        time.sleep(0.001)


install({Kind.NOTE_ADDED: [on_noted]})
say("ready")
while relay.run(batch=50).busy:
    time.sleep(0.01)

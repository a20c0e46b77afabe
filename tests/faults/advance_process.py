"""A process that takes due walks further in small batches; started and killed by tests."""

import sys
from datetime import datetime

import django

django.setup()

from nurturing.services.advancing import advance_due  # noqa: E402


def say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


at = datetime.fromisoformat(sys.argv[1])
say("ready")
while advance_due(at=at, limit=10):
    say("batch")

"""A process that takes due walks further in small batches; started and killed by tests.

Ready, it waits while a test holds GATE, so that several begin at once.
"""

import sys
from datetime import datetime

import django

django.setup()

from django.db import connection  # noqa: E402

from nurturing.services.advancing import advance_due  # noqa: E402
from tests.faults.gate import GATE  # noqa: E402


def say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


at = datetime.fromisoformat(sys.argv[1])
say("ready")
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_advisory_lock_shared(%s)", [GATE])
while advance_due(at=at, limit=10):
    say("batch")

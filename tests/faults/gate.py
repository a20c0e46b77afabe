"""A gate before which processes wait until all are there: an advisory lock of the database."""

from contextlib import contextmanager

from django.db import connection

GATE = 0x6761_7465  # "gate"


@contextmanager
def closed():
    """Whoever takes GATE, shared, waits until this ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])

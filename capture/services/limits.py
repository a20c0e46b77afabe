"""How often one sender may knock, counted by minute: in Redis where it is, else in the database.

Django's database cache takes eleven statements to add one; the table takes one, unlogged, because a
count that a crash forgets costs nothing.
"""

import time

from django.conf import settings
from django.db import connection

from capture.models import Knock
from leadflow.web.cache import count

WINDOW = 60
_ADD = """
INSERT INTO capture_knock (sender, minute, count) VALUES (%s, %s, 1)
ON CONFLICT (sender, minute) DO UPDATE SET count = capture_knock.count + 1
RETURNING count
"""


def retry_after(door: str, sender: str, allowed: int) -> int:
    """Count one knock; seconds to wait where the sender has used up this minute, else 0.

    `allowed` 0 switches the limit off.
    """
    if allowed <= 0:
        return 0
    now = int(time.time())
    add = _in_redis if settings.REDIS_URL else _in_database
    return WINDOW - now % WINDOW if add(f"{door}:{sender}", now // WINDOW) > allowed else 0


def _in_redis(sender: str, minute: int) -> int:
    return count(f"knock:{sender}:{minute}", WINDOW + 5)


def _in_database(sender: str, minute: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [sender, minute])
        row = cursor.fetchone()
    return int(row[0])


def forget() -> int:
    """Drop the counts of minutes that are over; the tick does it."""
    return Knock.objects.filter(minute__lt=int(time.time()) // WINDOW - 1).delete()[0]

"""How often one sender may knock, counted by minute: in Redis where it is, else in the database.

Django's database cache takes eleven statements to add one; the table takes one, unlogged, because a
count that a crash forgets costs nothing.
"""

import time
from collections.abc import Mapping

from django.conf import settings
from django.db import connection

from capture.models import Form, Knock
from leadflow.kit.networks import neighbourhood
from leadflow.web.cache import count

WINDOW = 60
RANGE = 5  # how many addresses' worth of posts one neighbourhood may send to one form
_ADD = """
INSERT INTO capture_knock (sender, minute, count) SELECT unnest(%s), %s, 1
ON CONFLICT (sender, minute) DO UPDATE SET count = capture_knock.count + 1
RETURNING sender, count
"""


def retry_after(door: str, sender: str, allowed: int) -> int:
    """Count one knock; seconds to wait where the sender has used up this minute, else 0.

    `allowed` 0 switches the limit off.
    """
    return _wait({f"{door}:{sender}": allowed})


def form_wait(*, form: Form, ip: str | None, allowed: int) -> int:
    """Count one post of a form, for its address and for the neighbourhood of it; seconds to wait, or 0.

    A network of robots sends from many addresses of one range, hence the second count.
    """
    near = neighbourhood(ip) or "?"
    return _wait({f"form:{ip or '?'}": allowed, f"range:{form.pk}:{near}": RANGE * allowed})


def _wait(allowed: Mapping[str, int]) -> int:
    limited = {key: most for key, most in sorted(allowed.items()) if most > 0}
    if not limited:
        return 0
    now = int(time.time())
    add = _in_redis if settings.REDIS_URL else _in_database
    counts = add(list(limited), now // WINDOW)
    is_over = any(counts[key] > most for key, most in limited.items())
    return WINDOW - now % WINDOW if is_over else 0


def _in_redis(senders: list[str], minute: int) -> dict[str, int]:
    return {key: count(f"knock:{key}:{minute}", WINDOW + 5) for key in senders}


def _in_database(senders: list[str], minute: int) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [senders, minute])
        return dict(cursor.fetchall())


def forget() -> int:
    """Drop the counts of minutes that are over; the tick does it."""
    return Knock.objects.filter(minute__lt=int(time.time()) // WINDOW - 1).delete()[0]

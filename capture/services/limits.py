"""How often one sender may knock: counted in the shared cache, by minute."""

import time

from django.core.cache import cache

WINDOW = 60


def retry_after(door: str, sender: str, allowed: int) -> int:
    """Count one knock; seconds to wait where the sender has used up this minute, else 0.

    `allowed` 0 switches the limit off.
    """
    if allowed <= 0:
        return 0
    now = time.time()
    key = f"knock:{door}:{sender}:{int(now) // WINDOW}"
    if cache.add(key, 1, WINDOW + 5):
        return 0
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out between the two calls
        return 0
    return WINDOW - int(now) % WINDOW if count > allowed else 0

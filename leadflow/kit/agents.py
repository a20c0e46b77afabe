"""What a browser says about itself: whether it is one, and on what kind of device it runs."""

import re
from functools import lru_cache

from crawleruseragents import is_crawler as _is_known

DESKTOP, PHONE, TABLET = "desktop", "phone", "tablet"
_TABLET = re.compile(r"iPad|Tablet|Kindle|Silk/|PlayBook|Android(?!.*Mobile)", re.IGNORECASE)
_PHONE = re.compile(r"Mobi|iPhone|iPod|Android|Windows Phone|BlackBerry|Opera Mini", re.IGNORECASE)


@lru_cache(maxsize=1024)
def is_crawler(agent: str) -> bool:
    """Whether the list of crawlers knows this user agent; an empty one is not known."""
    return bool(agent) and _is_known(agent[:500])


@lru_cache(maxsize=1024)
def device(agent: str) -> str:
    """Phone, tablet or desktop, told by the user agent; nothing for one that says nothing."""
    agent = agent[:500]
    if not agent:
        return ""
    if _TABLET.search(agent):
        return TABLET
    return PHONE if _PHONE.search(agent) else DESKTOP

"""Mailboxes that anybody gets for ten minutes."""

from functools import cache

from disposable_email_domains import blocklist

LEVELS = 4  # the domain itself and those above it that are looked up


@cache
def domains() -> frozenset[str]:
    """All that are known; an international one as servers write it and as people do."""
    return frozenset(blocklist) | {_shown(one) for one in blocklist if "xn--" in one}


def _shown(domain: str) -> str:
    try:
        return domain.encode().decode("idna")
    except UnicodeError:  # an emoji: no address that we take has one
        return domain


def is_disposable(domain: str) -> bool:
    """Whether the domain, or one above it, hands out throw-away mailboxes."""
    parts = domain.strip().lower().rstrip(".").split(".")
    return any(".".join(parts[place:]) in domains() for place in range(len(parts))[:LEVELS])

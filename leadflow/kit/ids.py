"""Ids that outsiders see: short random codes and unguessable tokens."""

import os
import secrets
import time
import uuid

# No vowels and no look-alikes: a code can be read aloud and spells nothing.
_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def code(length: int = 10) -> str:
    """A short random public code (ten signs hold 47 bits): not a secret, only not a counter."""
    pairs = (length + 1) // 2
    number, found = secrets.randbelow(len(_PAIRS) ** pairs), ""
    for _place in range(pairs):
        number, pair = divmod(number, len(_PAIRS))
        found += _PAIRS[pair]
    return found[:length]


def token() -> str:
    """128 random bits in 22 URL-safe signs; knowing it is the permission."""
    return secrets.token_urlsafe(16)


def uuid7() -> uuid.UUID:
    """A UUID whose order is the order of making (RFC 9562 version 7), friendly to an index."""
    millis = time.time_ns() // 1_000_000
    value = (millis & (2**48 - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)

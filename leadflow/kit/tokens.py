"""Purpose-salted signatures over opaque ids: a token for one door opens no other.

The id itself is not secret and never a counter; the signature makes it unguessable, and only the
exact text that was signed is accepted (no decoding happens before the comparison).
"""

import base64
import hashlib
import hmac
from functools import lru_cache

_MAC_BYTES = 16


def sign(key: str | bytes, purpose: str, subject: str) -> str:
    """`subject.signature`, valid for `purpose` (such as "unsub.v1") only."""
    return f"{subject}.{_mac(key, purpose, subject)}"


def read(key: str | bytes, purpose: str, token: str) -> str | None:
    """The subject of a token that this key signed for this purpose, else None."""
    subject, _dot, mac = token.rpartition(".")
    good = hmac.compare_digest(mac.encode("utf-8", "replace"), _mac(key, purpose, subject).encode())
    return subject if good and subject else None


def same(ours: str, given: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(ours.encode(), given.encode("utf-8", "replace"))


def _mac(key: str | bytes, purpose: str, subject: str) -> str:
    derived = _derived(key, f"leadflow.tokens:{purpose}")
    mac = hmac.digest(derived, subject.encode("utf-8", "replace"), hashlib.sha256)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def keyed_hash(key: str | bytes, purpose: str, value: str) -> str:
    """64 hexadecimal digits that stand for `value`: equal values meet, nobody reads them back."""
    return hmac.digest(
        _derived(key, f"leadflow.hash:{purpose}"), value.encode("utf-8", "replace"), hashlib.sha256
    ).hex()


@lru_cache(
    maxsize=32
)  # thousands of addresses and links are hashed and signed in a row, by few keys
def _derived(key: str | bytes, label: str) -> bytes:
    secret = key.encode() if isinstance(key, str) else key
    return hmac.digest(secret, label.encode(), hashlib.sha256)

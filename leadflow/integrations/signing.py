"""Whether a call comes from who has the secret: five ways of saying so, each compared in constant time.

Pure: what came and what is known in, yes or no out. A call that cannot be read is not signed.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leadflow.integrations import paths

TOLERANCE = 300.0  # seconds that a stamp may be off, as Standard Webhooks and Stripe have it


@dataclass(frozen=True)
class Call:
    """What came over the wire; header names in lower case."""

    body: bytes
    headers: Mapping[str, str]
    at: datetime

    def header(self, name: str) -> str:
        """Its value, or nothing."""
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True)
class Scheme:
    """Where the sender puts its signature, and in which letters."""

    kind: str
    header: str = ""
    encoding: str = "hex"
    prefix: str = ""


def is_signed(call: Call, scheme: Scheme, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets made the signature of this call."""
    check = _CHECKS[scheme.kind]
    return any(check(call, scheme, secret) for secret in secrets)


def standard_id(call: Call) -> str:
    """The id of a message by Standard Webhooks, which its signature covers."""
    return call.header("webhook-id")[:100]


def standard(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """The signature that Standard Webhooks wants: `v1,` and the HMAC over id, time and body."""
    signed = f"{message_id}.{stamp}.".encode("utf-8", "replace") + body
    return f"v1,{_base64(_mac(_key_of(secret), signed))}"


def _is_standard(call: Call, _scheme: Scheme, secret: str) -> bool:
    stamp, message_id = call.header("webhook-timestamp"), call.header("webhook-id")
    good = standard(secret, message_id, stamp, call.body)
    # a sender that rotates its secret sends a signature by each
    found = [_same(one, good) for one in call.header("webhook-signature").split()[:10]]
    return any(found) and bool(message_id) and _is_fresh(stamp, call.at)


def _is_hmac(call: Call, scheme: Scheme, secret: str) -> bool:
    told = call.header(scheme.header)
    digest = _mac(secret.encode(), call.body)
    good = digest.hex() if scheme.encoding == "hex" else _base64(digest)
    bare = told.removeprefix(scheme.prefix)
    if not told.startswith(scheme.prefix):
        bare = ""
    return _same(bare.lower() if scheme.encoding == "hex" else bare, good)


def _is_timed(call: Call, scheme: Scheme, secret: str) -> bool:
    """`t=1700000000,v1=…`, as Stripe and Calendly write it."""
    parts = [part.strip().partition("=") for part in call.header(scheme.header).split(",")[:10]]
    stamp = next((value for key, _equals, value in parts if key == "t"), "")
    signed = stamp.encode("utf-8", "replace") + b"." + call.body
    good = _mac(secret.encode(), signed).hex()
    found = [_same(value.lower(), good) for key, _equals, value in parts if key == "v1"]
    return any(found) and _is_fresh(stamp, call.at)


def _is_token(call: Call, scheme: Scheme, kept: str) -> bool:
    """Of a token only its digest is kept: whoever reads the database cannot send with it."""
    return _same(digest(call.header(scheme.header).removeprefix(scheme.prefix)), kept)


def _is_in_body(call: Call, scheme: Scheme, kept: str) -> bool:
    """A key that the sender writes into the body, as Google Ads does; the header names its path."""
    return _same(digest(body_key(call.body, scheme.header)), kept)


def body_key(body: bytes, path: str) -> str:
    """What stands there in the body; nothing where it cannot be read."""
    try:
        found = paths.find(paths.read(body), path)
    except ValueError:
        return ""
    return paths.plain(found[0]) if found else ""


_Check = Callable[[Call, Scheme, str], bool]
_CHECKS: Mapping[str, _Check] = {
    "standard": _is_standard,
    "hmac": _is_hmac,
    "timed": _is_timed,
    "token": _is_token,
    "body": _is_in_body,
}
DIGESTED = frozenset({"token", "body"})  # the others need the secret itself to compute


def digest(token: str) -> str:
    """What is kept of a token: 128 random bits and more need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _mac(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, signed, hashlib.sha256)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _key_of(secret: str) -> bytes:
    """`whsec_` and the key in base64; a secret that somebody typed counts as it stands."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


def _same(told: str, good: str) -> bool:
    return hmac.compare_digest(told.encode("utf-8", "replace"), good.encode())


def _is_fresh(stamp: str, at: datetime) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 13):
        return False
    return abs(at.timestamp() - int(stamp)) <= TOLERANCE

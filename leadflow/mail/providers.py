"""Mail that a provider hands over: who says so is checked, then the raw message is read like any other.

All of them are asked for the raw message (RFC 5322), so there is one reader of what strangers write.
"""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import unquote_to_bytes

from leadflow.kit import clock
from leadflow.mail.models import Mailbox

MAX_BODY = 30_000_000
USER = "leadflow"  # the name in the address that a provider is given
_FRESH = timedelta(hours=24)


class Unsigned(Exception):
    """It does not prove that it comes from the provider."""


class Unreadable(Exception):
    """It holds no raw message; the sentence says what to set at the provider."""


@dataclass(frozen=True)
class Call:
    """What a provider sent."""

    body: bytes
    content_type: str
    authorization: str


@dataclass(frozen=True)
class HandedOver:
    """A raw message, and the provider's own id of this call."""

    raw: bytes
    event_key: str = ""


def read(mailbox: Mailbox, call: Call, secret: str) -> HandedOver:
    """The message of a call. Raises Unsigned, or Unreadable with a sentence."""
    return _READERS[mailbox.kind](call, secret)


def may_call(mailbox: Mailbox, authorization: str, secret: str) -> bool:
    """Whether it shows the secret where that travels with the request; looked at before the body."""
    if mailbox.kind == Mailbox.Kind.MAILGUN:
        return True  # its signature stands in the body
    good = base64.b64encode(f"{USER}:{secret}".encode()).decode()
    shown = authorization.partition(" ")[2].strip()
    return hmac.compare_digest(shown.encode("utf-8", "replace"), good.encode())


def _postmark(call: Call, _secret: str) -> HandedOver:
    try:
        told = json.loads(call.body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("This is not the JSON of Postmark.") from error
    raw = told.get("RawEmail") if isinstance(told, dict) else None
    if not isinstance(raw, str) or not raw:
        raise Unreadable("Turn on 'Include raw email content in JSON payload' at Postmark.")
    return HandedOver(raw.encode("utf-8", "surrogateescape"), str(told.get("MessageID") or ""))


def _mailgun(call: Call, secret: str) -> HandedOver:
    fields = _fields(call)
    told = [fields.get(name, b"").decode("ascii", "replace") for name in ("timestamp", "token")]
    good = hmac.digest(secret.encode(), "".join(told).encode(), "sha256").hex()
    signed = hmac.compare_digest(fields.get("signature", b""), good.encode())
    if not signed or not told[0].isdigit():
        raise Unsigned
    age = abs(clock.to_real(clock.now()).timestamp() - int(told[0]))
    if age > _FRESH.total_seconds():
        raise Unsigned
    if "body-mime" not in fields:
        raise Unreadable("Let the route of Mailgun forward to the address that ends with /mime.")
    return HandedOver(fields["body-mime"], told[1])


def _sendgrid(call: Call, _secret: str) -> HandedOver:
    fields = _fields(call)
    if "email" not in fields:
        raise Unreadable("Tick 'POST the raw, full MIME message' at SendGrid.")
    return HandedOver(fields["email"])


_READERS: Mapping[str, Callable[[Call, str], HandedOver]] = {
    Mailbox.Kind.POSTMARK: _postmark,
    Mailbox.Kind.MAILGUN: _mailgun,
    Mailbox.Kind.SENDGRID: _sendgrid,
}


def _fields(call: Call) -> dict[str, bytes]:
    """The fields of a posted form, as bytes: a message is in no charset of ours."""
    head = f"Content-Type: {call.content_type}\r\n\r\n".encode("ascii", "replace")
    if call.content_type.startswith("application/x-www-form-urlencoded"):
        pairs = (pair.partition(b"=") for pair in call.body.split(b"&")[:100])
        return {
            _plain(name).decode("ascii", "replace"): _plain(value) for name, _is, value in pairs
        }
    fields: dict[str, bytes] = {}
    for part in message_from_bytes(head + call.body, policy=HTTP).iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields.setdefault(name, payload)
    return fields


def _plain(coded: bytes) -> bytes:
    return unquote_to_bytes(coded.replace(b"+", b" "))

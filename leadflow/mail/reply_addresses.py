"""Where answers go: an address that names the message which it answers, `sales+r.…@your-company.com`.

Some mail programs and help desks answer without the headers that say what is answered. The address to
which they answer is left, so it carries the name of the message, signed: a changed or foreign one names
nothing. Used only at mailboxes whose server is said to know plus-addresses.
"""

import base64
import re
import uuid
from collections.abc import Mapping, Sequence

from django.conf import settings

from leadflow.kit import emails, tokens
from leadflow.kit.remembering import remembered
from leadflow.mail.models import Delivery, Mailbox
from leadflow.mail.reading import Letter

MARK = "+r."
_PURPOSE = "reply.v1"
_NAME, _SEAL = 26, 16  # signs: 128 bits of the message's random name, 80 bits of signature
_MOST = 64  # signs before the @ (RFC 5321, 4.5.3.1.1)
# servers may change the case of what stands before the @: small letters and digits only
_TOKEN = re.compile(rf"\+r\.([a-z2-7]{{{_NAME}}})([a-z2-7]{{{_SEAL}}})@", re.IGNORECASE)
_ANSWERABLE = (Delivery.Kind.MARKETING, Delivery.Kind.PERSONAL)


def put(rows: Sequence[Delivery]) -> None:
    """Let answers to these new messages go to an address of their own, where the mailbox to which they
    go anyway knows plus-addresses; all others stay as they are."""
    if not any(row.kind in _ANSWERABLE for row in rows):
        return
    boxes = _boxes()
    for row in rows if boxes else ():
        if box := _box(row, boxes):
            row.reply_to = of(row, box) or row.reply_to


def return_path(delivery: Delivery) -> str:
    """Where reports about this message go: an address of its own at the mailbox that the settings name,
    where that is one of these; else the address that it is from."""
    box = _boxes().get(_norm(settings.MAIL_RETURN_PATH)) if settings.MAIL_RETURN_PATH else None
    return (box and of(delivery, box)) or delivery.from_address


def box_of(row: Delivery) -> str:
    """The mailbox to which answers to this new message go, if it knows plus-addresses; else empty."""
    return _box(row, _boxes()) if row.kind in _ANSWERABLE else ""


def _box(row: Delivery, boxes: Mapping[str, str]) -> str:
    is_answerable = boxes and row.kind in _ANSWERABLE
    return boxes.get(_norm(row.reply_to or row.from_address), "") if is_answerable else ""


def of(delivery: Delivery, box: str) -> str:
    """The address of this message at a mailbox; empty where it would be longer than an address may be."""
    return named(delivery.public_id, box)


def named(public_id: uuid.UUID, box: str) -> str:
    """The same by the random name of the message."""
    local, _at, domain = box.rpartition("@")
    name = _letters(public_id.bytes)
    local = f"{local}{MARK}{name}{_seal(name)}"
    return f"{local}@{domain}" if len(local) <= _MOST else ""


def delivery_of(letter: Letter) -> Delivery | None:
    """The message of ours whose own address this letter came to; None where none of its addresses is
    one that we signed."""
    found = (_TOKEN.search(address) for address in letter.sent_to)
    said = {(one[1].lower(), one[2].lower()) for one in found if one}
    ids = [_id(name) for name, seal in said if tokens.same(_seal(name), seal)]
    return Delivery.objects.filter(public_id__in=ids).order_by("-pk").first() if ids else None


@remembered
def _boxes() -> dict[str, str]:
    """The mailboxes of the organisation that are read and know plus-addresses."""
    rows = Mailbox.objects.filter(owner=None, is_paused=False, knows_plus_addresses=True)
    return {_norm(address): address for address in rows.values_list("address", flat=True)}


def _letters(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _id(name: str) -> uuid.UUID:
    return uuid.UUID(bytes=base64.b32decode(f"{name.upper()}======"))


def _seal(name: str) -> str:
    signed = bytes.fromhex(tokens.keyed_hash(settings.SECRET_KEY, _PURPOSE, name))
    return _letters(signed)[:_SEAL]


def _norm(address: str) -> str:
    try:
        return emails.parse(address).norm
    except ValueError:
        return ""

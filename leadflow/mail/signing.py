"""Signing mail with a domain's own key (DKIM, RFC 6376), for relays that do not.

The pair is made here, the private half sealed with the secret key of the installation. The signature
covers both List-Unsubscribe headers (RFC 8058, 4), and each covered header once more than it is there,
so that none can be added behind it.
"""

import base64
import re

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, seal
from leadflow.kit.remembering import remembered
from leadflow.mail.models import SigningKey
from leadflow.people.models import User
from leadflow.services.organisation import save_object

_SEALED = "dkim.v1"
_BITS = 2048
COVERED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type"),
    *("list-unsubscribe", "list-unsubscribe-post", "in-reply-to", "references", "auto-submitted"),
)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")


@transaction.atomic
def make_key(*, domain: str, by: User) -> SigningKey:
    """A new pair for a domain; it signs once somebody turns it on. Raises Conflict where there is one."""
    domain = domain.strip().lower()
    if not _LABEL.fullmatch(domain):
        raise Conflict(_("%(domain)s is no domain.") % {"domain": domain})
    if SigningKey.objects.filter(domain=domain).exists():
        raise Conflict(_("%(domain)s has a key already.") % {"domain": domain})
    pair = rsa.generate_private_key(public_exponent=65_537, key_size=_BITS)
    private = pair.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    public = pair.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    row = SigningKey(
        domain=domain,
        selector=f"lf{clock.now():%Y%m%d}",
        private_key=seal.close(settings.SECRET_KEY, _SEALED, private),
        public_key=base64.b64encode(public).decode(),
    )
    save_object(row=row, values={}, by=by)
    return row


def dns_record(key: SigningKey) -> tuple[str, str]:
    """The name and the text of the TXT record that makes the signature count."""
    return str(key), f"v=DKIM1; k=rsa; p={key.public_key}"


@transaction.atomic
def turn(*, key: SigningKey, on: bool, by: User) -> None:
    """Sign from now on, or no longer."""
    if on and _private(key) is None:
        raise Conflict(
            _(
                "The key cannot be read: SECRET_KEY is another one now. Remove it and make a new one."
            )
        )
    save_object(row=key, values={"is_on": on}, by=by)


@transaction.atomic
def remove(*, key: SigningKey, by: User) -> None:
    """Forget the pair; mail that it signed keeps its signature as long as the record is in DNS."""
    data = {"name": f"signingkey:{key.pk}", "from": str(key)}
    record(Kind.SETTING_CHANGED, by=by, subject=key, data=data)
    SigningKey.objects.filter(pk=key.pk).delete()


def _private(key: SigningKey) -> str | None:
    return seal.read(settings.SECRET_KEY, _SEALED, key.private_key)


@remembered
def _keys() -> dict[str, tuple[str, str]]:
    """Domain -> selector and private key, of those that sign."""
    rows = {
        key.domain: (key.selector, _private(key)) for key in SigningKey.objects.filter(is_on=True)
    }
    return {domain: (selector, pem) for domain, (selector, pem) in rows.items() if pem}


def signed(message: bytes, from_address: str) -> bytes:
    """The message with its signature on top, where the domain of its sender has a key that signs."""
    domain = from_address.rpartition("@")[2].lower()
    found = _keys().get(domain)
    if found is None:
        return message
    import dkim  # noqa: PLC0415 - only who signs needs it

    selector, pem = found
    covered = [name for name in COVERED if _has(message, name)]
    signature: bytes = dkim.sign(
        message,
        selector.encode(),
        domain.encode(),
        pem.encode(),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name.encode() for name in (*covered, *covered)],
    )
    return signature + message


def _has(message: bytes, name: str) -> bool:
    head = message.partition(b"\r\n\r\n")[0].lower()
    return head.startswith(f"{name}:".encode()) or f"\r\n{name}:".encode() in head

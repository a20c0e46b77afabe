"""Tokens of the public doors, and the stored targets behind tracked links."""

import hashlib
import uuid
from collections.abc import Iterable
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from leadflow.kit import tokens
from leadflow.kit.remembering import remembered
from leadflow.mail.models import Delivery, TrackedLink
from leadflow.services import hosts

_UNSUBSCRIBE, _OPEN, _CLICK = "unsub.v1", "open.v1", "click.v1"
_LONG = ("text", "html", "headers", "calendar")
_TRAP = 0  # the number of no link


def unsubscribe_url(delivery: Delivery) -> str:
    """The opt-out of this message; it never expires."""
    return f"{hosts.base_url()}/u/{_token(_UNSUBSCRIBE, delivery.public_id.hex)}"


def open_url(delivery: Delivery) -> str:
    """The picture that tells that a mail was opened."""
    return f"{hosts.base_url()}/t/o/{_token(_OPEN, delivery.public_id.hex)}"


def click_url(delivery: Delivery, link_id: int) -> str:
    """The tracked form of a stored target."""
    subject = f"{delivery.public_id.hex}-{link_id}"
    return f"{hosts.base_url()}/t/c/{_token(_CLICK, subject)}"


def trap_url(delivery: Delivery) -> str:
    """What looks like a tracked link and is seen by no person: only machines follow it."""
    return click_url(delivery, _TRAP)


def _token(purpose: str, subject: str) -> str:
    return tokens.sign(settings.SECRET_KEY, purpose, subject)


def read_unsubscribe(token: str) -> Delivery | None:
    """The delivery whose opt-out this is."""
    return _delivery(tokens.read(settings.SECRET_KEY, _UNSUBSCRIBE, token))


def read_open(token: str) -> Delivery | None:
    """The delivery whose picture this is."""
    return _delivery(tokens.read(settings.SECRET_KEY, _OPEN, token))


def read_click(token: str) -> tuple[Delivery, TrackedLink] | None:
    """The delivery and the stored target of a tracked link."""
    subject = tokens.read(settings.SECRET_KEY, _CLICK, token)
    if subject is None:
        return None
    public_id, _dash, link_id = subject.partition("-")
    delivery = _delivery(public_id)
    link = TrackedLink.objects.filter(pk=int(link_id)).first()
    return (delivery, link) if delivery and link else None


def read_trap(token: str) -> Delivery | None:
    """The delivery whose trap this is."""
    subject = tokens.read(settings.SECRET_KEY, _CLICK, token) or ""
    public_id, _dash, link_id = subject.partition("-")
    return _delivery(public_id) if link_id == str(_TRAP) else None


def _delivery(public_id: str | None) -> Delivery | None:
    if public_id is None:
        return None
    names, sql = _told()
    with connection.cursor() as cursor:
        cursor.execute(sql, [uuid.UUID(hex=public_id)])
        row = cursor.fetchone()
    return Delivery.from_db(connection.alias, names, row) if row else None


@cache
def _told() -> tuple[list[str], str]:
    """What a door reads of a message, and the question for it: said once, for the ORM putting it together
    costs more than all that an open does. What the message said is long, and no door needs it."""
    fields = [one for one in Delivery._meta.concrete_fields if one.name not in _LONG]
    columns = ", ".join(connection.ops.quote_name(str(one.column)) for one in fields)
    return (
        [one.attname for one in fields],
        f"SELECT {columns} FROM {Delivery._meta.db_table} WHERE public_id = %s",  # noqa: S608  our own columns
    )


def store(urls: Iterable[str]) -> dict[str, int]:
    """The id of each target, storing those that are new. Only http and https lead anywhere."""
    return _stored(tuple(urls))


@remembered
def _stored(urls: tuple[str, ...]) -> dict[str, int]:
    """The mails of a broadcast lead to the same targets: a batch of them asks once."""
    wanted = {_hash(url): url for url in urls if is_web(url)}
    known = _known(wanted)
    missing = {digest: url for digest, url in wanted.items() if digest not in known}
    if missing:
        rows = [TrackedLink(url=url, url_hash=digest) for digest, url in sorted(missing.items())]
        TrackedLink.objects.bulk_create(rows, ignore_conflicts=True)
        known |= _known(missing)
    return {url: known[digest] for digest, url in wanted.items()}


def _known(wanted: Iterable[str]) -> dict[str, int]:
    rows = TrackedLink.objects.filter(url_hash__in=list(wanted))
    return dict(rows.values_list("url_hash", "id"))


def _hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def is_web(url: str) -> bool:
    """Whether a link may lead there: http or https with a host, nothing that runs or reads files."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and _clean(url)


def _clean(url: str) -> bool:
    return all(ord(sign) > 32 and ord(sign) != 127 for sign in url) and len(url) <= 4_000

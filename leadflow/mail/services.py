"""Queueing and cancelling mail: the only two verbs by which other packages send."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parseaddr
from functools import cache
from typing import Any, NamedTuple, cast
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.kit import clock, emails, text
from leadflow.mail import outcomes, reply_addresses, wake
from leadflow.mail.compose import clean_html
from leadflow.mail.models import Delivery, OwnMailbox, SenderIdentity
from leadflow.mail.selectors import default_sender
from leadflow.models import Lead, Origin, Suppression
from leadflow.models.expressions import Among
from leadflow.people.models import User
from leadflow.services import addresses, consent
from leadflow.services.inserting import insert_alike, insert_new

MAX_BODY = 1_000_000
_PORTION = 5_000_000  # signs
NOT_MEASURED = "tracking"  # the purpose whose suppression says: do not count what I open and follow
_STOPPABLE = (Delivery.State.PLANNED, Delivery.State.QUEUED, Delivery.State.CLAIMED)


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is asked for; `key` says which mail it is, so that asking twice sends once."""

    key: str
    kind: str
    to: str
    subject: str
    text: str
    html: str = ""
    is_designed: bool = False  # the HTML was written by a design, which was made safe as a whole
    to_name: str = ""
    lead_id: int | None = None
    by: User | None = None
    identity: SenderIdentity | None = None
    sent_by: OwnMailbox | None = None  # her own mailbox, by which it leaves
    reply_to: str = ""  # where answers go, if not to whom the sender says
    via: str = ""  # a way out of leadflow.mail.transports, such as somebody's own mailbox
    purpose: str = ""
    due_at: datetime | None = None
    track: bool | None = None
    counts_opens: bool | None = None  # None: as the organisation wants it
    origin: str = Origin.LIVE
    headers: Mapping[str, str] = field(default_factory=dict)
    calendar: bytes = b""  # a file of leadflow.kit.ics that goes along


class Copy(NamedTuple):
    """What differs from one receiver to the next in messages that are otherwise alike."""

    key: str
    to: emails.Email
    to_hash: str  # of `addresses.address_hash`: who was asked after is known by it already
    to_name: str
    lead_id: int
    subject: str
    text: str
    html: str = ""


def queue(**message: Any) -> Delivery:
    """Write one message into the ledger (fields of `Message`); the same key gives the same row.

    Raises Invalid for an address, a subject or a body that no mail may have. It leaves after the
    transaction commits, at `due_at` of business time or at once.
    """
    return queue_many([Message(**message)])[0]


def queue_many(messages: Sequence[Message]) -> list[Delivery]:
    """Write many messages; rows in the order asked, those of known keys as they stand.

    What cannot be taken is refused before anything is written, so the caller's transaction lives on.
    """
    keys = _write(messages)
    stored = {d.key: d for d in Delivery.objects.filter(key__in=keys)}
    return [stored[key] for key in keys]


def queue_ids(messages: Sequence[Message]) -> list[int]:
    """As `queue_many`, for who needs the ids of the rows alone: reading thousands of mails back costs as
    much as writing them."""
    keys = _write(messages)
    stored = dict(Delivery.objects.filter(key__in=keys).values_list("key", "pk"))
    return [stored[key] for key in keys]


def queue_alike(shared: Message, copies: Sequence[Copy]) -> list[int]:
    """As `queue_ids` of one message for each copy, which takes receiver and words from the copy and all else
    from `shared`: what they have in common is worked out once."""
    if not copies:
        return []
    first = copies[0]
    likeness = replace(shared, subject=first.subject, text=first.text, html=first.html)
    row = _row(likeness, first.to, is_demo=False, default=default_sender())
    # drawn by the database, where none is needed before
    row.public_id = RandomUUID()  # type: ignore[assignment]
    columns = _columns(shared, row, copies)
    with transaction.atomic(savepoint=False):
        addresses.ensure(columns["to_norm"])
        stored = _stored(row, columns, len(copies))
        if row.state == Delivery.State.QUEUED:
            wake.on_commit()
    return [stored[one.key] for one in copies]


def _columns(shared: Message, row: Delivery, copies: Sequence[Copy]) -> dict[str, list[Any]]:
    """The columns of the ledger in which the copies differ, or may."""
    norms = [one.to.norm for one in copies]
    hashes = [one.to_hash for one in copies]
    columns: dict[str, list[Any]] = {
        "key": [one.key for one in copies],
        "to_address": [one.to.address for one in copies],
        "to_norm": norms,
        "to_hash": hashes,
        "to_name": [_name(one.to_name) for one in copies],
        "lead_id": [one.lead_id for one in copies],
        "subject": [_subject(one.subject) for one in copies],
        "text": [_body(one.text, "text") for one in copies],
        "html": [_html(one.html, is_designed=shared.is_designed) for one in copies],
    }
    demo = _demo(columns["lead_id"], norms)
    if demo:
        columns["origin"] = [
            Origin.DEMO if demo.covers(one.lead_id, one.to.norm) else shared.origin
            for one in copies
        ]
    unwilling = _unwilling(hashes) if row.is_tracked else frozenset()
    if unwilling:
        columns["is_tracked"] = [one not in unwilling for one in hashes]
    box = reply_addresses.box_of(row)
    if box:
        ids = columns["public_id"] = [uuid4() for _one in copies]
        columns["reply_to"] = [reply_addresses.named(pk, box) or row.reply_to for pk in ids]
    return columns


def _stored(row: Delivery, columns: Mapping[str, list[Any]], count: int) -> dict[str, int]:
    """Key -> id of these rows, whoever wrote them."""
    stored: dict[str, int] = {}
    size = _at_once(columns)
    for begin in range(0, count, size):
        some = {name: values[begin : begin + size] for name, values in columns.items()}
        made = insert_alike(row, some, len(some["key"]), returning=("key", "id"), known_by=("key",))
        stored.update(cast("list[tuple[str, int]]", made))
    if missing := [key for key in columns["key"] if key not in stored]:
        known = Delivery.objects.filter(Among("key", missing))
        stored.update(known.values_list("key", "pk"))
    return stored


def _at_once(columns: Mapping[str, list[Any]]) -> int:
    """How many rows go over in one statement: some megabytes, of letters and of long designs alike."""
    longest = max(map(len, columns["text"])) + max(map(len, columns["html"]))
    return max(_PORTION // (longest + 1_000), 1)


def _write(messages: Sequence[Message]) -> list[str]:
    """Put what is not known yet into the ledger; the keys in the order asked."""
    receivers = [_address(message.to) for message in messages]
    demo = _demo([m.lead_id for m in messages], [receiver.norm for receiver in receivers])
    default = default_sender()
    rows = [
        _row(message, to, demo.covers(message.lead_id, to.norm), default)
        for message, to in zip(messages, receivers, strict=True)
    ]
    _leave_unmeasured(rows)
    reply_addresses.put(rows)
    with transaction.atomic(savepoint=False):
        addresses.ensure(row.to_norm for row in rows)
        insert_new(rows)
        if any(row.state == Delivery.State.QUEUED for row in rows):
            wake.on_commit()
    return [message.key for message in messages]


def draft(**message: Any) -> Delivery:
    """The row that `queue` would write, for looking at it; nothing is kept. Raises Invalid as it does."""
    asked = Message(**message)
    return _row(asked, _address(asked.to), is_demo=False, default=default_sender())


def _row(
    message: Message, to: emails.Email, is_demo: bool, default: SenderIdentity | None
) -> Delivery:
    due_at = message.due_at or clock.now()
    planned = due_at > clock.now()
    kind = Delivery.Kind(message.kind)
    marketing = kind == Delivery.Kind.MARKETING
    name, address, reply_to = _from(message, default)
    return Delivery(
        key=message.key,
        kind=kind,
        purpose=message.purpose or ("marketing" if marketing else ""),
        to_address=to.address,
        to_norm=to.norm,
        to_hash=addresses.address_hash(to.norm),
        to_name=_name(message.to_name),
        lead_id=message.lead_id,
        by=message.by,
        identity=None if message.sent_by else message.identity or default,
        from_name=name,
        from_address=address,
        reply_to=reply_to,
        via=message.sent_by.via if message.sent_by else message.via,
        origin=Origin.DEMO if is_demo else message.origin,
        subject=_subject(message.subject),
        text=_body(message.text, "text"),
        html=_html(message.html, is_designed=message.is_designed),
        headers=_headers(message.headers),
        calendar=_body(message.calendar.decode(), "calendar"),
        is_tracked=marketing if message.track is None else message.track,
        counts_opens=message.counts_opens,
        state=Delivery.State.PLANNED if planned else Delivery.State.QUEUED,
        due_at=due_at,
        not_before=clock.to_real(due_at) if planned else Now(),
    )


def _leave_unmeasured(rows: Sequence[Delivery]) -> None:
    """Who does not want her opens and clicks to be counted gets plain links and no picture."""
    unwilling = _unwilling({row.to_hash for row in rows if row.is_tracked})
    for row in rows:
        row.is_tracked = row.is_tracked and row.to_hash not in unwilling


def _unwilling(hashes: Collection[str]) -> frozenset[str]:
    """Those of these addresses, by their hashes, that are not to be counted."""
    asked = Suppression.objects.filter(purpose=NOT_MEASURED, lifted_at=None)
    if not hashes or not asked.exists():
        return frozenset()
    return frozenset(asked.filter(Among("email_hash", hashes)).values_list("email_hash", flat=True))


def _name(value: str) -> str:
    return text.truncate(text.one_line(value), 200)


def _address(value: str) -> emails.Email:
    try:
        return emails.parse(value)
    except ValueError as error:
        raise Invalid.at("to", str(error)) from error


def _subject(value: str) -> str:
    is_plain = value.isascii() and value.isprintable()  # most are: then no sign need be looked at
    if not is_plain and any(ord(sign) < 32 or ord(sign) == 127 for sign in value):
        raise Invalid.at("subject", _("The subject is one line without control characters."))
    subject = text.one_line(value)
    if not subject or len(subject) > 500:
        raise Invalid.at("subject", _("Write a subject of at most 500 characters."))
    return subject


def _body(value: str, name: str) -> str:
    if len(value) > MAX_BODY:
        raise Invalid.at(name, _("The message is longer than a million characters."))
    return text.clean(value)


def _html(value: str, *, is_designed: bool) -> str:
    html = _body(value, "html") if value else ""
    return html if is_designed or not html else clean_html(html)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not name.isascii() or any(ord(sign) < 32 for sign in name + value):
            raise Invalid.at("headers", _("A header is one line."))
    return dict(headers)


@cache
def _own(address: str) -> tuple[str, str]:
    """Name and address of the setting, read once."""
    return parseaddr(address)


def _from(message: Message, default: SenderIdentity | None) -> tuple[str, str, str]:
    """Name, address and reply address; only a verified identity or our own address may be used."""
    if message.sent_by is not None:
        own = message.sent_by
        return text.one_line(own.name or own.user.name), own.address, message.reply_to
    identity = message.identity or default
    if identity is None:
        name, address = _own(settings.MAIL_FROM)
        reply_to = ""
    else:
        if identity.verified_at is None:
            raise Invalid.at("identity", _("Verify this sender with a test mail first."))
        name, address, reply_to = identity.name, identity.email, identity.reply_to
    if message.identity is None and message.kind == Delivery.Kind.PERSONAL and message.by:
        name, reply_to = message.by.name, message.by.email or reply_to
    return text.one_line(name), address, message.reply_to or reply_to


@dataclass(frozen=True)
class _Demo:
    """Who of the receivers belongs to the demo workspace: nothing to them ever leaves."""

    lead_ids: frozenset[int]
    norms: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.lead_ids or self.norms)

    def covers(self, lead_id: int | None, norm: str) -> bool:
        """Whether a message to her stays in the local outbox whatever its caller says."""
        return lead_id in self.lead_ids or norm in self.norms


def _demo(lead_ids: Iterable[int | None], norms: Collection[str]) -> _Demo:
    ids = {pk for pk in lead_ids if pk is not None}
    leads = Lead.objects.filter(Among("pk", ids), origin=Origin.DEMO).values_list("pk", flat=True)
    users = User.objects.filter(is_demo=True).exclude(email=None).values_list("email", flat=True)
    return _Demo(frozenset(leads), frozenset(str(email) for email in users).intersection(norms))


@transaction.atomic
def cancel(*, keys: Iterable[str], reason: str) -> int:
    """Stop these messages wherever they are before their first byte; how many it stopped.

    Call it in the transaction that makes the receiver ineligible. One that is being sent goes out.
    """
    return _cancel(Q(key__in=list(keys)), reason)


@transaction.atomic
def cancel_for_leads(*, lead_ids: Iterable[int], reason: str, purpose: str | None = None) -> int:
    """Stop the marketing mail of these leads (of one purpose, where given)."""
    wanted = Q(lead_id__in=list(lead_ids), kind=Delivery.Kind.MARKETING)
    return _cancel(wanted if purpose is None else wanted & Q(purpose=purpose), reason)


@transaction.atomic
def cancel_all(*, key_start: str, reason: str) -> int:
    """Stop every message whose key begins so; how many it stopped."""
    return _cancel(Q(key__startswith=key_start), reason)


@transaction.atomic
def cancel_campaign(*, name: str, reason: str) -> int:
    """Stop every message of a campaign, as its header names it; how many it stopped."""
    return _cancel(Q(headers__contains={"X-Campaign": name}), reason)


def hold_untried(*, key_start: str) -> list[int]:
    """Take hold of the messages whose key begins so and of which no byte was tried yet, in the caller's
    transaction: their ids. A sender that has one claimed is fenced off by what follows."""
    rows = Delivery.objects.filter(
        key__startswith=key_start, state__in=_STOPPABLE, tries=0, attempts=0
    )
    return list(rows.select_for_update(of=("self",)).order_by("id").values_list("id", flat=True))


def forget_untried(ids: Iterable[int]) -> None:
    """Take messages that `hold_untried` gave back out of the ledger: asked again, they are new."""
    Delivery.objects.filter(pk__in=list(ids), state__in=_STOPPABLE, tries=0).delete()


def _cancel(wanted: Q, reason: str) -> int:
    rows = Delivery.objects.filter(wanted)
    rows.filter(state=Delivery.State.UNCERTAIN, cancelled_at=None).update(cancelled_at=Now())
    # one that is being sent goes out; where the server puts it off, it does not leave later
    being_sent = rows.filter(state=Delivery.State.SENDING, cancelled_at=None)
    being_sent.update(cancelled_at=Now(), reason=reason[:200])
    return rows.filter(state__in=_STOPPABLE).update(
        state=Delivery.State.SKIPPED,
        reason=reason[:200],
        cancelled_at=Now(),
        settled_at=Now(),
        token=None,
        lease_until=None,
    )


@transaction.atomic
def unsubscribe(*, delivery: Delivery, everything: bool = False, method: str = "link") -> None:
    """The receiver of this message wants no more of its kind, or nothing at all. Repeating is fine."""
    purpose = delivery.purpose or "marketing"
    outcomes.arrived(delivery, "Its receiver opted out")
    if addresses.is_suppressed(delivery.to_norm, "" if everything else purpose):
        return
    lead = Lead.objects.filter(pk=delivery.lead_id).first() if delivery.lead_id else None
    if lead is not None:
        consent.withdraw(lead=lead, purpose=purpose, method=method, origin=delivery.origin)
    addresses.suppress(
        email=delivery.to_norm,
        purpose="" if everything else purpose,
        reason=Suppression.Reason.UNSUBSCRIBED,
        by=None,
        detail=method,
    )
    same = Q(to_norm=delivery.to_norm, kind=Delivery.Kind.MARKETING)
    _cancel(same if everything else same & Q(purpose=purpose), _("The receiver unsubscribed"))

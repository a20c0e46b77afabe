"""What came in becomes a row with a state and a reason, whatever it is; nothing is silently dropped.

An answer to mail of ours is a fact about its lead, a report settles the delivery, a machine's letter is
noted and never answered. A stranger's letter waits for `capture`, which makes leads.
"""

import logging
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, emails
from leadflow.kit import text as texts
from leadflow.mail import (
    answers,
    away,
    blind_copies,
    bounces,
    judging,
    meanings,
    outcomes,
    reading,
    reply_addresses,
    services,
)
from leadflow.mail.ledger import Answer
from leadflow.mail.models import Delivery, InboundMail, Mailbox, SenderIdentity
from leadflow.mail.quotes import without_quotes
from leadflow.mail.reading import Letter
from leadflow.models import Lead, LeadIdentity
from leadflow.people.access import reaches
from leadflow.people.models import User

log = logging.getLogger(__name__)

OFTEN = 20  # letters of one address within the hour; the next one waits for a person
FLOOD = 200  # strangers within the hour who become leads through one mailbox
WORDS = 160  # of a reply that its fact carries: what her owner reads first
KEPT_DAYS = 90  # how long what belongs to nobody is kept
_OURS = re.compile(r"^<d-([0-9a-f-]{36})@")
_State, _Kind = InboundMail.State, InboundMail.Kind


@dataclass(frozen=True)
class Came:
    """How a message reached us."""

    mailbox: Mailbox
    raw: bytes
    size: int | None = None  # where only its beginning was fetched
    uid: int | None = None
    event_key: str = ""
    at: datetime | None = None


@transaction.atomic
def receive(came: Came) -> InboundMail | None:
    """Keep a message and see what follows from it; None where it is here already.

    What goes wrong with it alone is written on its row: one bad message stops no mailbox.
    """
    letter = reading.read(came.raw, size=came.size)
    if came.mailbox.owner is not None and not _concerns_a_lead(letter, came.mailbox.owner):
        return None
    row = _row(came, letter)
    if not _keep(row):
        return None
    try:
        with transaction.atomic():
            _settle(row, letter)
    except Exception as error:
        log.exception("received mail %s waits for a person", row.pk)
        _put(row, _State.HELD, f"error: {type(error).__name__}")
    return row


def _concerns_a_lead(letter: Letter, owner: User) -> bool:
    """Whether mail in a colleague's own mailbox is ours to keep: it answers mail of ours to a lead, or a
    lead of hers wrote it. All else is private, and nothing of it is kept."""
    answered = _answered(letter)
    if answered is not None and answered.lead_id is not None:
        return True
    sender = _parsed(letter.from_address)
    known = _known(sender.norm) if sender else None
    return known is not None and reaches(owner, "lead.view", known)


def _row(came: Came, letter: Letter) -> InboundMail:
    sender = _parsed(letter.from_address)
    return InboundMail(
        mailbox=came.mailbox,
        message_id=letter.message_id[:255],
        event_key=came.event_key[:200],
        uid=came.uid,
        from_address=letter.from_address,
        from_norm=sender.norm if sender else "",
        from_name=letter.from_name,
        subject=letter.subject,
        headers=dict(letter.headers),
        text=letter.text,
        said=without_quotes(letter.text),
        html=letter.html,
        attachments=letter.attachments,
        size=letter.size,
        in_reply_to=next(iter(letter.refers_to), "")[:255],
        origin=came.mailbox.origin,
        sent_at=letter.sent_at,
        received_at=came.at or clock.now(),
    )


def _keep(row: InboundMail) -> bool:
    """Insert it unless this mailbox has it; who comes second waits for the first, then learns so."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _parsed(address: str) -> emails.Email | None:
    try:
        return emails.parse(address)
    except ValueError:
        return None


def _settle(row: InboundMail, letter: Letter) -> None:
    judged = judging.judge(letter)
    row.kind = judged.kind
    row.delivery = _answered(letter)
    sender = _parsed(letter.from_address)
    if not letter.header("X-Delivery-ID") and (code := blind_copies.code_in(letter)):
        _blind_copy(row, letter, code)
    elif _is_our_own(row, letter):
        row.kind = _Kind.AUTOMATIC
        _put(row, _State.NOTED, "own")
    elif judged.kind == judging.BOUNCE:
        _bounce(row, letter)
    elif judged.kind == judging.COMPLAINT:
        _complaint(row)
    elif answers.wants_no_more(row.said, row.subject) and row.delivery is not None:
        _opt_out(row)
    elif judged.kind == judging.AUTOMATIC:
        _automatic(row, judged.reason)
    elif sender is None:
        _put(row, _State.HELD, "no_sender")
    else:
        _letter(row, letter, sender)


def _answered(letter: Letter) -> Delivery | None:
    """The message of ours that it answers or reports on; its id holds a random UUID that nobody guesses.
    Where the letter names none, the address that it came to may."""
    ids = [uuid.UUID(found[1]) for one in letter.refers_to if (found := _OURS.match(one))]
    known = Delivery.objects.filter(public_id__in=ids[:20]).in_bulk(field_name="public_id")
    named = next((known[one] for one in ids if one in known), None)
    return named or reply_addresses.delivery_of(letter)


def _is_our_own(row: InboundMail, letter: Letter) -> bool:
    """A message of ours that came back to us: the beginning of a loop."""
    if letter.header("X-Delivery-ID") or _OURS.match(letter.message_id):
        return True
    ours = {row.mailbox.address.lower() if row.mailbox else "", _norm(settings.MAIL_FROM)}
    senders = SenderIdentity.objects.filter(email=row.from_norm)
    return bool(row.from_norm) and (row.from_norm in ours or senders.exists())


def _norm(value: str) -> str:
    found = _parsed(parseaddr(value)[1])
    return found.norm if found else ""


def _blind_copy(row: InboundMail, letter: Letter, code: str) -> None:
    """What a colleague wrote elsewhere, copied here: a touch of each lead that she wrote to."""
    row.kind = _Kind.COPY
    user = blind_copies.writer(letter, code)
    if user is None:
        _put(row, _State.NOTED, "copy_forged")
        return
    leads = blind_copies.receivers(letter, user)
    blind_copies.log(letter, leads, user, row)
    row.decided_by, row.lead = user, next(iter(leads), None)
    _put(row, _State.NOTED, "copy" if leads else "copy_nobody")


def _bounce(row: InboundMail, letter: Letter) -> None:
    """A server reports on a message of ours; one that names none of ours is only noted."""
    if row.delivery is None:
        _put(row, _State.NOTED, "report")
        return
    row.lead = _about(row)
    found = judging.bounce(letter, row.delivery.to_address)
    if not found.is_final:
        outcomes.arrived(row.delivery, "A server on its way has it")
        _put(row, _State.NOTED, "delayed")
        return
    soft = found.kind == bounces.SOFT and found.status.startswith("4")
    words = found.words if found.status in found.words else f"{found.status} {found.words}".strip()
    answer = Answer(450 if soft else 550, words)
    outcomes.bounce(row.delivery, answer, is_hard=found.kind == bounces.HARD)
    _put(row, _State.NOTED, _BOUNCED[found.kind])


_BOUNCED = {bounces.HARD: "bounced", bounces.SOFT: "bounced_soft", bounces.BLOCK: "blocked"}


def _complaint(row: InboundMail) -> None:
    """She told her provider that mail of ours is unwanted: nothing goes to her address any more."""
    row.lead = _about(row)
    if row.delivery is not None:
        outcomes.complain(row.delivery, row.subject)
    _put(row, _State.NOTED, "complaint")


def _opt_out(row: InboundMail) -> None:
    """An answer that says only that she wants no more: the same as the link in our mail."""
    row.kind = _Kind.REPLY
    if row.delivery is not None:
        services.unsubscribe(delivery=row.delivery, method="reply")
    if lead := _about(row):
        _file(row, lead, meaning=InboundMail.Meaning.NO, reason="unsubscribed")
    else:
        _put(row, _State.NOTED, "unsubscribed")


def _automatic(row: InboundMail, reason: str) -> None:
    """A machine wrote it; of one who is away the day of her return is kept and told."""
    row.lead = _about(row) or _known(row.from_norm)
    _it_arrived(row)
    if reason in ("away", "auto_submitted"):
        written = row.sent_at or row.received_at
        row.back_on = away.back_on(f"{row.subject}\n{row.text}", written.date())
    _put(row, _State.NOTED, reason)
    if row.lead is not None and row.back_on is not None:
        data = {"mail": row.pk, "back_on": row.back_on.isoformat()}
        record(
            Kind.LEAD_AWAY, lead_id=row.lead.pk, subject=row, data=data, at=row.received_at,
            origin=row.origin,
        )  # fmt: skip


def _it_arrived(row: InboundMail) -> None:
    """Whoever answers a message of ours has got it."""
    if row.delivery is not None:
        outcomes.arrived(row.delivery, "It was answered")


def _letter(row: InboundMail, letter: Letter, sender: emails.Email) -> None:
    known = _known(sender.norm)
    lead = known or _about(row)
    _it_arrived(row)
    if _wrote_too_often(row):
        row.lead = lead
        _put(row, _State.HELD, "often")
    elif lead is not None and row.delivery is not None:
        row.kind = _Kind.REPLY
        _file(row, lead)
    elif lead is not None:
        _file(row, lead)
    elif reason := _waits_because(row, letter, sender):
        _put(row, _State.HELD, reason)
    else:
        _put(row, _State.RECEIVED, "")
        _tell(row, None)


def _known(norm: str) -> Lead | None:
    found = LeadIdentity.objects.filter(kind=LeadIdentity.Kind.EMAIL, value_norm=norm)
    identity = found.select_related("lead__merged_into").first()
    lead = identity.lead if identity else None
    return (lead.merged_into or lead) if lead else None


def _about(row: InboundMail) -> Lead | None:
    """Whose delivery it answers."""
    if row.delivery is None or row.delivery.lead_id is None:
        return None
    lead = Lead.objects.select_related("merged_into").filter(pk=row.delivery.lead_id).first()
    return (lead.merged_into or lead) if lead else None


def _wrote_too_often(row: InboundMail) -> bool:
    since = row.received_at - timedelta(hours=1)
    same = InboundMail.objects.filter(from_norm=row.from_norm, received_at__gte=since)
    return same.exclude(pk=row.pk)[:OFTEN].count() >= OFTEN


def _waits_because(row: InboundMail, letter: Letter, sender: emails.Email) -> str:
    """Why a stranger's letter makes no lead by itself."""
    if User.objects.filter(email__iexact=sender.address).exists():
        return "colleague"
    if row.mailbox is None or not row.mailbox.makes_leads:
        return "nobody"
    if reason := judging.suspicion(letter, sender):
        return reason
    since = row.received_at - timedelta(hours=1)
    taken = InboundMail.objects.filter(
        mailbox=row.mailbox, kind=_Kind.LETTER, received_at__gte=since
    )
    return "flood" if taken[: FLOOD + 1].count() > FLOOD else ""


def _put(row: InboundMail, state: str, reason: str) -> None:
    row.state, row.reason = state, reason[:300]
    row.save(
        update_fields=[
            "kind", "state", "reason", "meaning", "back_on", "lead", "delivery", "decided_by",
        ]
    )  # fmt: skip


def _file(row: InboundMail, lead: Lead, *, meaning: str = "", reason: str = "") -> None:
    row.lead = lead
    if row.kind == _Kind.REPLY:
        row.meaning = meaning or answers.kind_of(row.said)
    _put(row, _State.FILED, reason)
    if row.kind == _Kind.REPLY:
        words = texts.truncate(texts.one_line(row.said[: 2 * WORDS]), WORDS)
        data = {
            "delivery": row.delivery_id, "title": row.subject, "words": words, "mail": row.pk,
            "meaning": row.meaning,
        }  # fmt: skip
        record(
            Kind.REPLY_RECEIVED, lead_id=lead.pk, subject=row, data=data, at=row.received_at,
            origin=row.origin,
        )  # fmt: skip
        meanings.note_intent(row)
    else:
        _tell(row, lead)


def _tell(row: InboundMail, lead: Lead | None, by: User | None = None) -> None:
    record(
        Kind.MAIL_RECEIVED,
        lead_id=lead.pk if lead else None,
        by=by,
        subject=row,
        data={"mail": row.pk, "title": row.subject},
        at=row.received_at,
        origin=row.origin,
    )


# --- what a person decides, and what capture does ------------------------------------------------


def unread(ids: Iterable[int]) -> Sequence[InboundMail]:
    """Those of these letters that are to become leads, locked in order."""
    rows = InboundMail.objects.select_for_update(of=("self",)).select_related("mailbox")
    return list(rows.filter(pk__in=list(ids), state=_State.RECEIVED).order_by("pk"))


@transaction.atomic
def file(*, mail: InboundMail, lead: Lead) -> None:
    """This letter belongs to that lead."""
    mail.lead = lead
    _put(mail, _State.FILED, "")


@transaction.atomic
def take(*, mail: InboundMail, by: User) -> InboundMail:
    """A person wants a lead made of it. Raises Conflict where that was decided already."""
    row = _undecided(mail)
    row.decided_by, row.kind = by, _Kind.LETTER
    known = _known(row.from_norm)
    if known is not None:
        _file(row, known)
    else:
        _put(row, _State.RECEIVED, "")
        _tell(row, None, by)
    return row


@transaction.atomic
def ignore(*, mail: InboundMail, by: User) -> InboundMail:
    """A person says that nothing follows from it. Raises Conflict where that was decided already."""
    row = _undecided(mail)
    row.decided_by = by
    _put(row, _State.IGNORED, "")
    return row


def _undecided(mail: InboundMail) -> InboundMail:
    row = InboundMail.objects.select_for_update().get(pk=mail.pk)
    if not row.can_become_lead:
        raise Conflict(_("Something became of this mail already. Look again."))
    return row


@transaction.atomic
def move(*, from_lead: int, to_lead: int) -> None:
    """Two rows were one person: so is their mail."""
    InboundMail.objects.filter(lead_id=from_lead).update(lead_id=to_lead)


def forget(at: datetime | None = None) -> int:
    """Delete what belongs to nobody and waits for nobody, after its days; the tick does it."""
    before = (at or clock.now()) - timedelta(days=KEPT_DAYS)
    old = InboundMail.objects.filter(
        lead=None, state__in=(_State.NOTED, _State.IGNORED), received_at__lt=before
    )
    return old.delete()[0]

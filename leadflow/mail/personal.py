"""A personal mail to one lead: who may not be written to, whom it is from, what it answers, once.

`key` names one letter that somebody composes: sending it twice (a double click, a page sent again)
leaves one message and one touch.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Invalid
from leadflow.kit import emails
from leadflow.kit.text import truncate
from leadflow.mail import own, services
from leadflow.mail.compose import html_of, readable
from leadflow.mail.models import Delivery, InboundMail, Mailbox, SenderIdentity
from leadflow.mail.selectors import default_sender
from leadflow.models import Activity, Lead, LeadIdentity, Suppression
from leadflow.people.models import User
from leadflow.services import activities, addresses

Prepared = tuple[str, str] | None  # subject and words
_prepared_by: list[Callable[[Activity, Lead], Prepared]] = []

KEY = "personal:"
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")
_REASONS = {
    Suppression.Reason.UNSUBSCRIBED: lazy("They want no mail at all any more."),
    Suppression.Reason.HARD_BOUNCE: lazy("The mailbox does not exist: mail to it came back."),
    Suppression.Reason.COMPLAINT: lazy("They complained about mail of ours."),
    Suppression.Reason.ERASED: lazy("The data was erased: nobody writes to this address."),
    Suppression.Reason.BLOCKED: lazy("This address was blocked by an admin."),
}


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What somebody composed. `answers` is the message of the conversation that it answers."""

    key: UUID
    to: str
    subject: str
    text: str
    answers: Delivery | InboundMail | None = None


def prepares(ask: Callable[[Activity, Lead], Prepared]) -> None:
    """Let `ask` say what a planned letter begins with; stages lie above, so they say it at the start."""
    _prepared_by[:] = [*[one for one in _prepared_by if one is not ask], ask]


def prepared(step: Activity, lead: Lead) -> Prepared:
    """Subject and words that somebody prepared for a planned letter; None where nobody did."""
    return next((found for ask in _prepared_by if (found := ask(step, lead))), None)


def addresses_of(lead: Lead) -> list[str]:
    """Where she can be written to, her main address first."""
    rows = LeadIdentity.objects.filter(lead=lead, kind=LeadIdentity.Kind.EMAIL)
    known = [lead.email] if lead.email else []
    known += rows.order_by("-is_primary", "pk").values_list("value", flat=True)
    found: dict[str, str] = {}
    for address in known:
        found.setdefault(_norm(address), address)
    return [address for norm, address in found.items() if norm]


def _norm(address: str) -> str:
    try:
        return emails.parse(address).norm
    except ValueError:
        return ""


def refusals(wanted: list[str]) -> dict[str, str]:
    """Those of these addresses that no personal mail may go to, each with why.

    An opt-out of one purpose, such as marketing, is none of personal mail; the ledger judges likewise.
    """
    hashes = {addresses.address_hash(_norm(address)): address for address in wanted}
    rows = Suppression.objects.filter(email_hash__in=hashes, purpose="", lifted_at=None)
    return {
        hashes[row.email_hash]: str(_REASONS[Suppression.Reason(row.reason)])
        for row in rows.order_by("-at", "-pk")
    }


def refusal(lead: Lead) -> str:
    """Why she cannot be written to at all, in words; empty where she can."""
    known = addresses_of(lead)
    if not known:
        return _("No address of this person is known.")
    refused = refusals(known)
    return "" if len(refused) < len(known) else refused[known[0]]


def own_identity(user: User) -> SenderIdentity | None:
    """The verified address of her own, where there is one."""
    own = Q(user=user) | (Q(email=_norm(user.email)) if user.email else Q(pk__in=[]))
    return SenderIdentity.objects.filter(own, verified_at__isnull=False).order_by("pk").first()


def reply_address(user: User, identity: SenderIdentity | None) -> str:
    """Where an answer is read here: the first of these addresses whose mailbox comes in; empty where
    none does, and then answers go to whom the sender says."""
    sender = identity or default_sender()
    wanted = [user.email or "", *([sender.reply_to, sender.email] if sender else [])]
    read = Mailbox.objects.filter(is_paused=False).values_list("address", flat=True)
    known = {_norm(address) for address in read}
    return next((address for address in wanted if address and _norm(address) in known), "")


def _message(lead: Lead, letter: Letter, by: User) -> dict[str, object]:
    sent_by = own.of(by)
    identity = None if sent_by else own_identity(by)
    text = own.signed(letter.text, sent_by)
    return {
        "key": f"{KEY}{by.pk}:{lead.pk}:{letter.key.hex}",
        "kind": Delivery.Kind.PERSONAL,
        "to": letter.to,
        "to_name": f"{lead.first_name} {lead.last_name}".strip(),
        "subject": letter.subject,
        "text": readable(text),
        "html": html_of(text),
        "lead_id": lead.pk,
        "by": by,
        "identity": identity,
        "sent_by": sent_by,
        "reply_to": "" if sent_by else reply_address(by, identity),
        "track": False,
        "headers": _thread(letter.answers),
    }


def _thread(answers: Delivery | InboundMail | None) -> dict[str, str]:
    """The headers by which a mail program puts it below what it answers."""
    if answers is None:
        return {}
    before = answers.headers.get("References", "") if isinstance(answers.headers, dict) else ""
    ids = _MESSAGE_ID.findall(f"{before[-2_000:]} {answers.message_id}")
    if not ids or ids[-1] != answers.message_id:
        return {}
    return {"In-Reply-To": ids[-1], "References": " ".join(dict.fromkeys(ids[-10:]))}


def preview(*, lead: Lead, letter: Letter, by: User) -> Delivery:
    """The letter as it would leave; nothing is kept."""
    return services.draft(**_message(lead, letter, by))


@transaction.atomic
def send(
    *,
    lead: Lead,
    letter: Letter,
    by: User,
    step: Activity | None = None,
    at: datetime | None = None,
) -> Delivery:
    """Queue the letter once and write the touch down; `step` is the planned mail that this carries out.

    Raises Invalid for what no mail may have, for an address that must not be written to, and where
    other words were sent under the same key.
    """
    # a second click waits for the first one here
    Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=lead.pk)
    message = _message(lead, letter, by)
    known = Delivery.objects.filter(key=message["key"]).first()
    if known is not None:
        return _as_sent(known, message)
    if _norm(letter.to) not in {_norm(address) for address in addresses_of(lead)}:
        raise _refused(_("This is no address of this person."))
    if reason := refusals([letter.to]).get(letter.to):
        raise _refused(reason)
    if not letter.text.strip():
        words = _("Write something first.")
        raise Invalid.at("text", words)
    delivery = services.queue(**message, due_at=at)
    _touch(delivery, lead, step, by, at)
    return delivery


def _as_sent(known: Delivery, message: dict[str, object]) -> Delivery:
    same = services.draft(**message)
    if (known.subject, known.text, known.to_norm) == (same.subject, same.text, same.to_norm):
        return known
    raise Invalid(_("This mail was sent already, in other words. Send again to write another one."))


def _refused(reason: str) -> Invalid:
    return Invalid.at("to", reason)


def _touch(
    delivery: Delivery, lead: Lead, step: Activity | None, by: User, at: datetime | None
) -> None:
    """What was planned is done, else a mail is logged; the row names the message."""
    ref = f"mail:{delivery.pk}"
    open_step = step is not None and step.done_at is None and step.lead_id == lead.pk
    if step is not None and open_step and step.kind == Activity.Kind.EMAIL:
        activities.complete(step, by=by, at=at)
        Activity.objects.filter(pk=step.pk, subject_ref="").update(subject_ref=ref)
        return
    activities.log(
        kind=Activity.Kind.EMAIL, subject=truncate(delivery.subject, 200), lead=lead,
        subject_ref=ref, by=by, at=at, origin=delivery.origin,
    )  # fmt: skip

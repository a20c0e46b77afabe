"""Senders: an address joins, proves its mailbox by a link, becomes the default, leaves."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid, NotAllowed
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, emails, tokens
from leadflow.kit.ids import token as new_token
from leadflow.kit.text import one_line
from leadflow.mail.models import Mailbox, SenderIdentity
from leadflow.mail.selectors import default_sender
from leadflow.mail.services import queue
from leadflow.models import Organisation
from leadflow.people.models import User
from leadflow.services.organisation import save_object

VALID_DAYS = 3
_PURPOSE = "sender.v1"


@transaction.atomic
def add(*, name: str, email: str, reply_to: str = "", by: User) -> SenderIdentity:
    """A new sender, and the mail that asks its mailbox. Raises Invalid for an address that is here."""
    address = _address(email)
    if SenderIdentity.objects.filter(email=address).exists():
        sentence = _("This address is among the senders already.")
        raise Invalid.at("email", sentence)
    row = SenderIdentity(
        name=one_line(name), email=address, reply_to=_answers_to(reply_to, address)
    )
    save_object(row=row, values={}, by=by)
    return ask(sender=row, by=by)


def _address(value: str) -> str:
    try:
        return emails.parse(value).norm
    except ValueError as error:
        raise Invalid.at("email", str(error)) from error


def _answers_to(reply_to: str, sender: str) -> str:
    """Where answers go: the sender's own domain, or an address that was proved here, as a sender, a mailbox
    that is read or a colleague's. Raises Invalid for any other, which would read along."""
    if not reply_to:
        return ""
    address = emails.parse(reply_to).norm
    if address.rpartition("@")[2] == sender.rpartition("@")[2]:
        return reply_to
    known = (
        SenderIdentity.objects.filter(email=address, verified_at__isnull=False),
        Mailbox.objects.filter(address__iexact=address),
        User.objects.filter(email__iexact=address, is_active=True),
    )
    if any(rows.exists() for rows in known):
        return reply_to
    sentence = _(
        "Answers can go to the sender's own domain, to a verified sender, a mailbox or a colleague here."
    )
    raise Invalid.at("reply_to", sentence)


@transaction.atomic
def change(*, sender: SenderIdentity, name: str, reply_to: str, by: User) -> None:
    """Another name or reply address; the address itself is what was verified and never changes."""
    values = {"name": one_line(name), "reply_to": _answers_to(reply_to, sender.email)}
    save_object(row=sender, values=values, by=by)


@transaction.atomic
def ask(*, sender: SenderIdentity, by: User) -> SenderIdentity:
    """Mail the address a link, valid for three days; an earlier link opens nothing any more.

    Raises Conflict where the address is verified already.
    """
    row = SenderIdentity.objects.select_for_update().get(pk=sender.pk)
    if row.verified_at:
        raise Conflict(_("%(email)s is verified already.") % {"email": row.email})
    secret, now = new_token(), clock.now()
    row.token_hash, row.asked_at = token_hash(secret), now
    row.expires_at = now + timedelta(days=VALID_DAYS)
    row.save(update_fields=["token_hash", "asked_at", "expires_at"])
    link = settings.PUBLIC_BASE_URL + reverse("console:sender-confirm", args=[secret])
    context = {"sender": row, "link": link, "by": by, "organisation": Organisation.current()}
    queue(
        key=f"sender:{row.pk}:{row.token_hash[:16]}",
        kind="essential",
        to=row.email,
        to_name=row.name,
        subject=_("Confirm that LeadFlow may send as %(email)s") % {"email": row.email},
        text=render_to_string("emails/sender.txt", context),
        by=by,
    )
    return row


def token_hash(token: str) -> str:
    """What is stored of a link."""
    return tokens.keyed_hash(settings.SECRET_KEY, _PURPOSE, token)


def asked(token: str) -> SenderIdentity | None:
    """The sender that a link verifies, or None: unknown, used and late look alike."""
    return _open(token).first()


def _open(token: str) -> QuerySet[SenderIdentity]:
    waiting = SenderIdentity.objects.filter(verified_at=None, expires_at__gt=clock.now())
    return waiting.filter(token_hash=token_hash(token))


@transaction.atomic
def confirm(*, token: str) -> SenderIdentity:
    """The mailbox answered: the sender is verified, and the default where there is none.

    Raises NotAllowed where the link opens nothing any more.
    """
    row = _open(token).select_for_update().first()
    if row is None:
        raise NotAllowed(_("This link was used, replaced or is older than three days."))
    SenderIdentity.objects.filter(pk=row.pk).update(token_hash="", expires_at=None)
    values: dict[str, Any] = {"verified_at": clock.now()}
    if default_sender() is None:
        values["is_default"] = True
    save_object(row=row, values=values, by=None)
    return row


@transaction.atomic
def make_default(*, sender: SenderIdentity, by: User) -> None:
    """All mail for which nobody chose a sender comes from it. Raises Conflict before verification."""
    rows = {row.pk: row for row in SenderIdentity.objects.select_for_update().order_by("pk")}
    row = rows[sender.pk]
    if row.verified_at is None:
        raise Conflict(_("Verify %(email)s first.") % {"email": row.email})
    for other in rows.values():
        if other.is_default and other.pk != row.pk:
            save_object(row=other, values={"is_default": False}, by=by)
    save_object(row=row, values={"is_default": True}, by=by)


@transaction.atomic
def remove(*, sender: SenderIdentity, by: User) -> None:
    """Take a sender away; what it sent keeps its words, steps that chose it use the default."""
    data = {"name": f"senderidentity:{sender.pk}", "from": str(sender)}
    record(Kind.SETTING_CHANGED, by=by, subject=sender, data=data)
    SenderIdentity.objects.filter(pk=sender.pk).delete()

"""Double opt-in: the mailbox itself says yes before anything else is sent to it.

A consent that waits (`pending`) is asked about by one essential mail and at most two reminders. Each
carries a link of its own that works once, for seven days. The link only shows a page: mail scanners
follow links, so it is the button of that page that counts. Who never answers gets nothing else, and a
subscriber of whom nothing more is known is forgotten after thirty days.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from leadflow.errors import NotAllowed
from leadflow.kit import clock, emails, tokens
from leadflow.mail.models import Confirmation
from leadflow.mail.services import queue
from leadflow.models import Consent, Lead, LeadIdentity, LeadStage, Organisation
from leadflow.services import consent, privacy

VALID = timedelta(days=7)
APART = timedelta(hours=24)
MOST = 3  # mails that ask for one consent, the first included
KEPT = timedelta(days=30)
LIMIT = 500
_PURPOSE = "confirm.v1"


@transaction.atomic
def ask(*, asked: Consent, at: datetime | None = None) -> Confirmation | None:
    """Mail the person a link by which she confirms a consent that waits; None where nobody is asked.

    She is not asked where another answer stands since, where she has no address, or where she was
    asked for this purpose within the last day: a form is no means to flood somebody's mailbox.
    """
    at = at or clock.now()
    lead = Lead.objects.select_for_update(of=("self",)).get(pk=asked.lead_id)
    number = Confirmation.objects.filter(consent=asked).count() + 1
    if not lead.email or number > MOST or not _is_waiting(asked) or _was_asked(lead, asked, at):
        return None
    secret = secrets.token_urlsafe(32)  # 256 bits
    row = Confirmation.objects.create(
        consent=asked, number=number, token_hash=token_hash(secret), email_norm=_norm(lead.email),
        asked_at=at, expires_at=at + VALID,
    )  # fmt: skip
    link = settings.PUBLIC_BASE_URL + reverse("mail:confirm", args=[secret])
    organisation = Organisation.current()
    context = {"link": link, "words": asked.text, "organisation": organisation, "number": number}
    queue(
        key=f"doi:{asked.pk}:{number}",
        kind="essential",
        to=lead.email,
        to_name=lead.name,
        lead_id=lead.pk,
        origin=lead.origin,
        subject=_("Please confirm: mail from %(name)s") % {"name": organisation.name},
        text=render_to_string("emails/confirm.txt", context),
    )
    return row


def _norm(email: str) -> str:
    return emails.normalise(email)


def _is_waiting(asked: Consent) -> bool:
    """Whether the newest word of hers on this channel and purpose is still this open question."""
    same = Consent.objects.filter(
        lead=asked.lead_id, channel=asked.channel, purpose=asked.purpose
    ).order_by("-at", "-pk")
    newest = same.first()
    return newest is not None and newest.state == Consent.State.PENDING


def _was_asked(lead: Lead, asked: Consent, at: datetime) -> bool:
    rows = Confirmation.objects.filter(
        consent__lead=lead, consent__purpose=asked.purpose, asked_at__gt=at - APART
    )
    return rows.exists()


def token_hash(token: str) -> str:
    """What is stored of a link."""
    return tokens.keyed_hash(settings.SECRET_KEY, _PURPOSE, token)


def asked_by(token: str) -> Confirmation | None:
    """What a link asks, answered already or not; None for one that opens nothing (any more)."""
    rows = Confirmation.objects.select_related("consent__lead").filter(token_hash=token_hash(token))
    row = rows.first()
    return row if row and (row.used_at or row.expires_at > clock.now()) else None


@transaction.atomic
def confirm(*, token: str, ip: str | None = None, at: datetime | None = None) -> Consent:
    """The button was pressed: from now on she has agreed, with both steps on record.

    Repeating changes nothing. Her own opt-out of earlier is lifted, for this is the newer word.
    Raises NotAllowed where the link opens nothing any more, or she said no since.
    """
    at = at or clock.now()
    row = Confirmation.objects.select_for_update().filter(token_hash=token_hash(token)).first()
    if row is None or (row.used_at is None and row.expires_at <= at):
        raise NotAllowed(_("This link was replaced or is older than seven days."))
    asked = row.consent
    if row.used_at is not None:
        return asked
    if not _is_waiting(asked):
        raise NotAllowed(_("This was answered already, or taken back since."))
    Confirmation.objects.filter(consent=asked).update(used_at=at)
    LeadIdentity.objects.filter(
        lead=asked.lead_id, kind=LeadIdentity.Kind.EMAIL, value_norm=row.email_norm
    ).update(verified_at=at)
    consent.take_back_opt_out(email=row.email_norm, purpose=asked.purpose, at=at)
    return consent.give(
        lead=asked.lead, channel=asked.channel, purpose=asked.purpose, text=asked.text,
        text_version=asked.text_version, method="double_opt_in", url=asked.url, ip=ip,
        source=asked.source, at=at, origin=asked.lead.origin,
    )  # fmt: skip


def remind_due(at: datetime | None = None) -> int:
    """Ask again those who have not answered for a day, then for two more; returns how many."""
    at = at or clock.now()
    later = Confirmation.objects.filter(consent=OuterRef("consent"), number__gt=OuterRef("number"))
    due = Confirmation.objects.filter(used_at=None, number__lt=MOST).exclude(Exists(later))
    due = due.filter(expires_at__gt=at, asked_at__lte=at - APART).order_by("pk")
    rows = due.select_related("consent")[:LIMIT]
    waited = [row for row in rows if row.asked_at <= at - APART * row.number]
    return sum(ask(asked=row.consent, at=at) is not None for row in waited)


def forget_unconfirmed(at: datetime | None = None) -> int:
    """Forget subscribers who were asked thirty days ago and never answered; returns how many.

    Without her yes there is no reason to keep a subscriber. Whoever became a lead for another reason
    stays, without consent.
    """
    at = at or clock.now()
    old = Confirmation.objects.filter(asked_at__lte=at - KEPT)
    unanswered = old.filter(used_at=None, number=1).values("consent__lead")
    ids, after, gone = [-1], 0, 0
    while ids and gone < LIMIT:  # those who are kept stand in nobody's way
        ids = list(_nothing_but_subscribers(unanswered).filter(pk__gt=after)[:LIMIT])
        going = set(ids) - privacy.kept(ids)
        gone += (
            privacy.erase_many(lead_ids=going, by=None, at=at, suppressing=False) if going else 0
        )
        after = ids[-1] if ids else after
    if not ids:
        old.delete()  # the proof is the consent; these only opened the door
    return gone


def _nothing_but_subscribers(leads: QuerySet[Any, Any]) -> "QuerySet[Lead, int]":
    agreed = Consent.objects.filter(lead=OuterRef("pk"), state=Consent.State.GIVEN)
    rows = Lead.objects.living().filter(pk__in=leads, stage=LeadStage.SUBSCRIBER, owner=None)
    return rows.remembered().exclude(Exists(agreed)).order_by("pk").values_list("pk", flat=True)

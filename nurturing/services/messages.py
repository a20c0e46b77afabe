"""The words of a step or a broadcast for one person, and the trial mail that an author sends to herself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.kit.ids import code
from leadflow.mail import services as mail
from leadflow.mail.compose import html_of, with_preview, with_targets
from leadflow.mail.merge import Template, compile_template
from leadflow.mail.merge_fields import catalogue, values_for
from leadflow.mail.models import Delivery, SenderIdentity
from leadflow.models import Lead, Organisation
from leadflow.people.models import User
from nurturing.models import Broadcast
from nurturing.services.eligibility import PURPOSE


@dataclass(frozen=True)
class Words:
    """What a mail says to one person."""

    subject: str
    text: str


def words_for(
    step: Mapping[str, Any], lead: Lead, organisation: Organisation | None = None
) -> Words:
    """The mail of a step for this lead. Raises Invalid where nothing is left to say."""
    head, body = _template(step, "subject"), _template(step, "body")
    values = values_for(lead, organisation, asked=head.paths | body.paths)
    subject = head.render(values, "line")
    if not subject.strip():
        raise Invalid(_("The subject is empty for this person. Give its fields a fallback."))
    return Words(subject, body.render(values, "text"))


def _template(step: Mapping[str, Any], part: str) -> Template:
    """As published; a draft that was never saved with a program is read now."""
    if "programs" in step:
        return Template.stored(step["programs"][part])
    return compile_template(step[part], catalogue())


def message(
    step: Mapping[str, Any],
    lead: Lead,
    *,
    key: str,
    at: datetime,
    origin: str,
    sender: SenderIdentity | None,
    organisation: Organisation,
    sequence_id: int,
) -> mail.Message:
    """The mail of a step as the ledger takes it; always marketing, so the footer with the address
    and the link to unsubscribe stands in it whatever the author wrote."""
    words = words_for(step, lead, organisation)
    return mail.Message(
        key=key,
        kind=Delivery.Kind.MARKETING,
        purpose=PURPOSE,
        to=lead.email,
        to_name=f"{lead.first_name} {lead.last_name}".strip(),
        subject=words.subject,
        text=words.text,
        lead_id=lead.pk,
        identity=sender,
        due_at=at,
        origin=origin,
        headers={"X-Campaign": f"sequence-{sequence_id}"},
    )


def of_broadcast(
    broadcast: Broadcast, lead: Lead, *, key: str, due_at: datetime, organisation: Organisation
) -> mail.Message:
    """The mail of a broadcast for one person as the ledger takes it: its links carry the campaign, and
    what mailboxes show beside the subject stands hidden at its top."""
    words = words_for(broadcast.words, lead, organisation)
    text = with_targets(words.text, partial(tagged, params=campaign_words(broadcast)))
    return mail.Message(
        key=key,
        kind=Delivery.Kind.MARKETING,
        purpose=broadcast.purpose,
        to=lead.email,
        to_name=f"{lead.first_name} {lead.last_name}".strip(),
        subject=words.subject,
        text=text,
        html=with_preview(html_of(text), broadcast.preview) if broadcast.preview else "",
        lead_id=lead.pk,
        identity=broadcast.sender,
        due_at=due_at,
        origin=broadcast.origin,
        headers={"X-Campaign": f"broadcast-{broadcast.pk}"},
    )


def campaign_words(broadcast: Broadcast) -> dict[str, str]:
    """What its links say of themselves: the standard rules of channels read a broadcast in it."""
    name = broadcast.campaign.name if broadcast.campaign else broadcast.name
    return {
        "utm_source": "broadcast",
        "utm_medium": "email",
        "utm_campaign": name[:80],
        "utm_content": f"broadcast-{broadcast.pk}",
    }


def tagged(url: str, *, params: Mapping[str, str]) -> str:
    """The address with the words of a campaign; one that has its own is left alone."""
    parts = urlsplit(url)
    told = parse_qsl(parts.query, keep_blank_values=True)
    if any(name.startswith("utm_") for name, _value in told):
        return url
    query = "&".join(filter(None, [parts.query, urlencode(params)]))
    return urlunsplit(parts._replace(query=query))


def sender_of(step: Mapping[str, Any]) -> SenderIdentity | None:
    """Who the step's mail comes from; None is the organisation's own address."""
    if not step.get("sender"):
        return None
    rows = SenderIdentity.objects.filter(pk=step["sender"], verified_at__isnull=False)
    return rows.first()


def send_trial(*, step: Mapping[str, Any], lead: Lead, by: User, preview: str = "") -> Delivery:
    """Send the mail of a step, written as for this lead, to its author. Raises Invalid where she has
    no address."""
    if not by.email:
        raise Invalid(_("Your profile has no email address to send to."))
    words = words_for(step, lead)
    return mail.queue(
        key=f"trial:{by.pk}:{code(12)}",
        kind=Delivery.Kind.NOTICE,
        to=by.email,
        to_name=by.name,
        subject=_("[Test] %s") % words.subject,
        text=words.text,
        html=with_preview(html_of(words.text), preview) if preview else "",
        by=by,
        identity=sender_of(step),
    )

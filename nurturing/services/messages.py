"""The words of a step for one person, and the trial mail that an author sends to herself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.kit.ids import code
from leadflow.mail import services as mail
from leadflow.mail.merge import Template, compile_template
from leadflow.mail.merge_fields import catalogue, values_for
from leadflow.mail.models import Delivery, SenderIdentity
from leadflow.models import Lead, Organisation
from leadflow.people.models import User
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
    values = values_for(lead, organisation)
    subject = _template(step, "subject").render(values, "line")
    if not subject.strip():
        raise Invalid(_("The subject is empty for this person. Give its fields a fallback."))
    return Words(subject, _template(step, "body").render(values, "text"))


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


def sender_of(step: Mapping[str, Any]) -> SenderIdentity | None:
    """Who the step's mail comes from; None is the organisation's own address."""
    if not step.get("sender"):
        return None
    rows = SenderIdentity.objects.filter(pk=step["sender"], verified_at__isnull=False)
    return rows.first()


def send_trial(*, step: Mapping[str, Any], lead: Lead, by: User) -> Delivery:
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
        by=by,
        identity=sender_of(step),
    )

"""Strangers who wrote a mail become leads: named by what stands in From, nothing else is guessed."""

from collections.abc import Mapping

from django.db import transaction

from leadflow.kit import names
from leadflow.kit.text import truncate
from leadflow.mail import inbound
from leadflow.mail.models import InboundMail
from leadflow.models import Channel, Lead
from leadflow.people.models import User
from leadflow.services import engagement, leads, notes


@transaction.atomic
def take_in(by: Mapping[int, int | None]) -> None:
    """Make leads of these letters (id -> who asked for it, if somebody did); done ones are left alone."""
    people = User.objects.in_bulk([pk for pk in by.values() if pk])
    for mail in inbound.unread(by):
        asked = people.get(by[mail.pk] or 0)
        inbound.file(mail=mail, lead=_lead_of(mail, asked))


def _lead_of(mail: InboundMail, by: User | None) -> Lead:
    box = mail.mailbox
    first, last = names.split(mail.from_name) if "@" not in mail.from_name else ("", "")
    outcome = leads.create_or_merge(
        email=mail.from_address,
        fields={"first_name": truncate(first, 80), "last_name": truncate(last, 80)},
        source=box.source if box else None,
        campaign=box.campaign if box else None,
        origin=mail.origin,
        via=f"mail:{mail.pk}",
        by=by,
        at=mail.received_at,
    )
    _touch(mail, outcome.lead, by)
    return outcome.lead


def _touch(mail: InboundMail, lead: Lead, by: User | None) -> None:
    box = mail.mailbox
    source = box.source if box else None
    engagement.touch(
        lead=lead,
        source=source,
        campaign=box.campaign if box else None,
        channel="" if source else Channel.DIRECT,
        label=box.address if box else "",
        at=mail.received_at,
        origin=mail.origin,
    )
    tags = [tag.name for tag in box.tags.all()] if box else []
    if tags:
        notes.tag_many(
            lead_ids=[lead.pk], names=tags, by=by, at=mail.received_at, origin=mail.origin
        )

"""Writing text messages: for whom, with which words, and when they may arrive."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from leadflow.calendars.models import Holiday
from leadflow.mail.merge import MergeError, Template, compile_template
from leadflow.mail.merge_fields import catalogue, values_for
from leadflow.models import Consent, Lead, Organisation
from leadflow.services import consent
from nurturing import rules
from nurturing.models import MailPolicy, TextMessage

if TYPE_CHECKING:  # who performs steps asks this module
    from nurturing.services.acts.subjects import Job, Subject

MOST_LETTERS = 480  # three parts of an SMS, as most networks join them


def problems(step: Mapping[str, Any]) -> Iterator[str]:
    """What is missing or wrong in a step that writes one."""
    words = str(step.get("words") or "")
    if not words.strip():
        yield _("Write the text message.")
    if len(words) > MOST_LETTERS:
        yield _("A text message has at most %(most)s letters.") % {"most": MOST_LETTERS}
    if step.get("channel") not in TextMessage.Channel.values:
        yield _("Choose by which way it goes.")
    try:
        compile_template(words, catalogue())
    except MergeError as error:
        yield error.message


def against(leads: Collection[Lead], channel: str) -> dict[int, str]:
    """Why these people get none, by their ids; who may be written to is not named."""
    agreed = consent.in_force([lead.pk for lead in leads], channel=channel, purpose="marketing")
    found: dict[int, str] = {}
    for lead in leads:
        if lead.deleted_at or lead.merged_into_id:
            found[lead.pk] = _("The person is no longer here.")
        elif not lead.phone:
            found[lead.pk] = _("No number to send it to.")
        elif agreed.get(lead.pk) != Consent.State.GIVEN:
            found[lead.pk] = _("No consent to text messages.")
        elif lead.disposition == "disqualified":
            found[lead.pk] = _("Disqualified.")
    return found


def plan(job: "Job") -> None:
    """A message for each who agreed, once per occurrence; at night it waits for the sending hours."""
    people = {one.lead.pk: one.lead for one in job.going if one.lead}
    prefetch_related_objects(list(people.values()), "company", "owner")  # fields may name both
    channel, no = str(job.step["channel"]), against(people.values(), str(job.step["channel"]))
    template = Template.stored(compile_template(str(job.step["words"]), catalogue()).program)
    organisation, rows = Organisation.current(), []
    hours = _Hours(organisation.time_zone)
    for one in job.going:
        if one.lead is None:
            continue
        if one.lead.pk in no:
            job.skip(one, no[one.lead.pk])
            continue
        words = template.render(values_for(one.lead, organisation), "text").strip()
        rows.append(_row(job, one, one.lead, channel, words, hours.next(one.lead, job.at)))
    TextMessage.objects.bulk_create(rows, ignore_conflicts=True)


def _row(
    job: "Job", one: "Subject", lead: Lead, channel: str, words: str, due_at: datetime
) -> TextMessage:
    return TextMessage(
        key=one.key, channel=channel, lead=lead, to=lead.phone, words=words[:MOST_LETTERS],
        origin=lead.origin if lead.origin == "demo" else job.origin, due_at=due_at,
    )  # fmt: skip


class _Hours:
    """When people may be written to, by their own clocks and the settings."""

    def __init__(self, usual: str) -> None:
        given = MailPolicy.current().window
        self.window = rules.Window(tuple(given["days"]), given["opens"], given["closes"])
        self.closed = frozenset(Holiday.objects.values_list("on", flat=True))
        self.usual = usual

    def next(self, lead: Lead, at: datetime) -> datetime:
        """`at` where that is an hour for her, else the next one."""
        at_company = lead.company.country if lead.company else ""
        zone = rules.zone_of(lead.time_zone, lead.country, at_company, self.usual)
        return rules.send_time(at, self.window.hours(zone, self.closed), lead.pk)

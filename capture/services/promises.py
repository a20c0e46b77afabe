"""Keeping what a form promised: a visitor's report and files, on the page and by mail, with links that end.

A promise stands on an answer that became something: what was set aside as spam is promised nothing,
and its link says "not yet" until somebody takes it back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import override

from capture.blocks.asking import Question, questions
from capture.models import Form, Magnet, Promise, Report, Submission
from capture.selectors import mailing
from leadflow.assets import files
from leadflow.assets.models import File, Grant
from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, tokens
from leadflow.mail import services as mail
from leadflow.mail.merge import compile_template
from leadflow.mail.merge_fields import catalogue, values_for
from leadflow.mail.models import Delivery
from leadflow.models import Consent, Lead, Organisation
from leadflow.people.models import User
from leadflow.services import consent

_PURPOSE = "promise.v1"
MAILS_A_DAY = 5  # to one address, from all forms: nobody's mailbox is filled by a stranger


@dataclass(frozen=True, slots=True)
class Link:
    """One thing that a visitor can open: what it is called, where it lies."""

    label: str
    url: str


def magnet_of(form: Form) -> Magnet | None:
    """How the form keeps its promises; None for a form that makes none."""
    return getattr(form, "magnet", None)


def report_of(form: Form) -> Report | None:
    """The form's report, where one is live."""
    report: Report | None = getattr(form, "report", None)
    return report if report is not None and report.live_id is not None else None


def promises_links(form: Form) -> bool:
    """Whether a visitor of this form gets something to open."""
    magnet = magnet_of(form)
    return magnet is not None and (report_of(form) is not None or bool(magnet.files.all()))


def promises_anything(form: Form) -> bool:
    """Whether who sends this form gets a mail or something to open."""
    magnet = magnet_of(form)
    return magnet is not None and (magnet.sends_mail or promises_links(form))


@transaction.atomic
def make(submission: Submission) -> Promise | None:
    """The promise of an answer, made once; None where the form makes none."""
    form = submission.form
    if magnet_of(form) is None:
        return None
    report = report_of(form)
    fresh = {"report_id": report.live_id if report else None, "made_at": submission.received_at}
    return Promise.objects.get_or_create(submission=submission, defaults=fresh)[0]


def token_of(promise: Promise, *, days: int, at: datetime | None = None) -> str:
    """What stands in the promise's links; good for `days` from `at` on."""
    expires = (at or clock.now()) + timedelta(days=days)
    subject = f"{promise.public_id}-{int(expires.timestamp())}"
    return tokens.sign(settings.SECRET_KEY, _PURPOSE, subject)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link stands for, and whether its time is over."""

    promise: Promise
    is_expired: bool


def of_token(token: str, *, at: datetime | None = None) -> Opened | None:
    """What a link stands for; None for a link that we did not make."""
    subject = tokens.read(settings.SECRET_KEY, _PURPOSE, token)
    public_id, _dash, expires = (subject or "").rpartition("-")
    if not public_id or not expires.isdigit():
        return None
    known = Promise.objects.select_related(
        "report", "submission__version", "submission__lead", "submission__form__magnet"
    )
    found = known.filter(public_id=public_id).first()
    if found is None:
        return None
    return Opened(found, (at or clock.now()).timestamp() > int(expires))


def links(promise: Promise, *, at: datetime | None = None) -> list[Link]:
    """What the visitor may open: her report as a page and as PDF, then the files."""
    form = promise.submission.form
    magnet = magnet_of(form)
    if magnet is None:
        return []
    found = []
    if promise.report_id is not None:
        base = f"{settings.PUBLIC_BASE_URL}/r/{token_of(promise, days=magnet.days, at=at)}/"
        found += [Link(_("Your report"), base), Link(_("Your report as PDF"), f"{base}report.pdf")]
    for grant in _grants(promise, magnet):
        found.append(Link(grant.file.name, files.link(grant, at=at)))
    return found


def after_sending(form: Form, submission_id: int | None) -> list[Link]:
    """What the thank-you page shows to whoever just sent the form."""
    magnet = magnet_of(form)
    if submission_id is None or magnet is None or not magnet.is_on_page:
        return []
    if not promises_links(form):
        return []
    known = Submission.objects.select_related("form__magnet", "form__report", "lead")
    promise = make(known.get(pk=submission_id))
    return links(promise) if promise else []


def mark_of(form: Form, submission_id: int | None) -> str:
    """The sign by which the thank-you page of a browser without script finds the links; a day good."""
    magnet = magnet_of(form)
    if submission_id is None or magnet is None or not magnet.is_on_page:
        return ""
    promise = make(
        Submission.objects.select_related("form__magnet", "form__report").get(pk=submission_id)
    )
    return token_of(promise, days=1) if promise and promises_links(form) else ""


def of_mark(form: Form, mark: str) -> list[Link]:
    """The links behind such a sign; none for anything else."""
    opened = of_token(mark) if mark else None
    if opened is None or opened.is_expired or opened.promise.submission.form_id != form.pk:
        return []
    return links(opened.promise)


def _grants(promise: Promise, magnet: Magnet) -> list[Grant]:
    submission = promise.submission
    given = [file for file in magnet.files.all() if file.live_id and not file.is_archived]
    return [_grant(file, submission, magnet) for file in given]


def _grant(file: File, submission: Submission, magnet: Magnet) -> Grant:
    made = files.grant(
        file=file,
        lead=submission.lead,
        key=f"submission:{submission.pk}:file:{file.pk}",
        days=magnet.days,
        origin=submission.origin,
        at=submission.received_at,
    )
    if (
        made.lead_id is None and submission.lead_id is not None
    ):  # the page was quicker than the lead
        made.lead = submission.lead
        made.save(update_fields=["lead"])
    return made


def is_kept(promise: Promise) -> bool:
    """Whether the answer behind it became something; until then a link says to wait."""
    return promise.submission.state == Submission.State.PROCESSED


def opened(promise: Promise, *, at: datetime | None = None) -> None:
    """The visitor looked at her report."""
    at = at or clock.now()
    first = Coalesce(F("first_opened_at"), Value(at))
    Promise.objects.filter(pk=promise.pk).update(openings=F("openings") + 1, first_opened_at=first)


# --- by mail --------------------------------------------------------------------------------------


def fulfil(submission_ids: Iterable[int]) -> None:
    """Send what these answers were promised; each once, whoever asks again."""
    rows = Submission.objects.filter(
        pk__in=set(submission_ids),
        state=Submission.State.PROCESSED,
        form__magnet__isnull=False,
    ).select_related("form__magnet", "form__report", "version", "lead")
    for row in rows.order_by("pk"):
        promise = make(row)
        if promise is None or not row.form.magnet.sends_mail or waits_for_her_word(row):
            continue
        if row.lead and row.lead.email:
            _send(promise, key=f"promise:{promise.pk}", at=row.received_at)


def waits_for_her_word(row: Submission) -> bool:
    """Whether her mailbox was asked to confirm and has not answered: nothing else is sent before."""
    if row.lead_id is None:
        return False
    asked = [
        one
        for one in questions(row.version.content)
        if one.type == "consent" and one.props.get("confirm") and row.answers.get(one.name)
    ]
    purposes = {str(one.props["purpose"]) for one in asked}
    return any(
        consent.in_force([row.lead_id], channel="email", purpose=purpose).get(row.lead_id)
        == Consent.State.PENDING
        for purpose in purposes
    )


@transaction.atomic
def go_on(consent_ids: Iterable[int]) -> list[int]:
    """Mailboxes confirmed: what waited for that is sent, and the other stages are told.

    Returns the answers that waited.
    """
    waited = []
    confirmed = Consent.objects.filter(
        pk__in=set(consent_ids), method="double_opt_in", source__startswith="form:"
    )
    for row in confirmed.order_by("pk"):
        number = row.source.removeprefix("form:")
        form_id = int(number) if number.isdecimal() else 0
        sent = Submission.objects.filter(lead=row.lead_id, form=form_id).select_related("form")
        last = sent.order_by("-received_at", "-pk").first()
        if last is None:
            continue
        fulfil([last.pk])
        waited.append(last.pk)
        record(
            Kind.SUBMISSION_CONFIRMED,
            lead_id=row.lead_id,
            subject=last,
            data={
                "submission": last.pk,
                "form": last.form_id,
                "name": last.form.name,
                "references": last.form.references,
            },
            at=row.at,
            origin=last.origin,
        )
    return waited


@transaction.atomic
def renew(promise: Promise) -> bool:
    """A link ran out: send a new one to the same person, at most one a day; whether one was queued."""
    lead = promise.submission.lead
    if lead is None or not lead.email or not is_kept(promise):
        return False
    at = clock.now()
    return _send(promise, key=f"promise:{promise.pk}:{at.date().isoformat()}", at=at)


@transaction.atomic
def resend(*, submission: Submission, by: User) -> None:
    """Send it once more, for a person who says that it never came. Raises Conflict where nothing can."""
    promise = make(submission)
    lead = submission.lead
    if promise is None:
        raise Conflict(_("This form promises nothing. Set it up on its tab After submit."))
    if lead is None or not lead.email:
        raise Conflict(_("There is no address to send it to."))
    if submission.state != Submission.State.PROCESSED:
        raise Conflict(_("This answer has not become a lead yet. Try it again first."))
    locked = Promise.objects.select_for_update().get(pk=promise.pk)
    if not _send(locked, key=f"promise:{locked.pk}:again:{locked.mails}", at=clock.now(), by=by):
        raise Conflict(_("This address got five of these mails today already."))


def _send(promise: Promise, *, key: str, at: datetime, by: User | None = None) -> bool:
    submission = promise.submission
    lead, magnet = submission.lead, magnet_of(submission.form)
    if lead is None or magnet is None or (by is None and had_enough(lead)):
        return False
    organisation = Organisation.current()
    with override(organisation.language):
        subject, text = words(magnet, submission, lead, organisation, links(promise, at=at))
    write_to(lead, submission, key=key, subject=subject, text=text, at=at, by=by)
    Promise.objects.filter(pk=promise.pk).update(mails=F("mails") + 1)
    return True


def write_to(
    lead: Lead,
    submission: Submission,
    *,
    key: str,
    subject: str,
    text: str,
    at: datetime,
    by: User | None = None,
) -> None:
    """Queue what a form promised; a key that begins with "promise:" counts for `had_enough`."""
    mail.queue(
        key=key,
        kind=Delivery.Kind.PERSONAL,
        to=lead.email,
        to_name=f"{lead.first_name} {lead.last_name}".strip(),
        subject=subject,
        text=text,
        lead_id=lead.pk,
        by=by,
        track=False,
        due_at=at,
        origin=submission.origin,
        headers={"X-Campaign": f"form-{submission.form_id}"},
    )


def had_enough(lead: Lead) -> bool:
    """Whether so many of these mails went to her today that no stranger may cause another."""
    since = clock.to_real(clock.now()) - timedelta(days=1)
    sent = Delivery.objects.filter(key__startswith="promise:", lead=lead, created_at__gte=since)
    return sent.count() >= MAILS_A_DAY


def sample_links(form: Form) -> list[Link]:
    """What a visitor would get to open, for a preview; the links lead nowhere."""
    magnet = magnet_of(form)
    found = [_("Your report"), _("Your report as PDF")] if report_of(form) else []
    found += [file.name for file in magnet.files.all()] if magnet else []
    return [Link(label, "#") for label in found]


def sample_words(
    magnet: Magnet, answers: Mapping[str, Any], organisation: Organisation, found: Iterable[Link]
) -> tuple[str, str]:
    """The mail to somebody made up, for a preview."""
    ada = Lead(first_name="Ada", last_name="North", email="ada@north.example")
    found = [Link(one.label, _("their own link")) for one in found]
    return _words(magnet, questions(magnet.form.draft), answers, ada, organisation, found)


def words(
    magnet: Magnet,
    submission: Submission,
    lead: Lead,
    organisation: Organisation,
    found: Iterable[Link],
) -> tuple[str, str]:
    """Subject and text of the mail to one visitor, with her links below the marketer's words."""
    asked = questions(submission.version.content)
    return _words(magnet, asked, submission.answers, lead, organisation, found)


def _words(
    magnet: Magnet,
    asked: list[Question],
    answers: Mapping[str, Any],
    lead: Lead,
    organisation: Organisation,
    found: Iterable[Link],
) -> tuple[str, str]:
    told = _told(asked, answers)
    paths = [*catalogue(), *told]
    head = compile_template(magnet.subject or default_subject(), paths)
    body = compile_template(magnet.text or default_text(), paths)
    values = _safe(values_for(lead, organisation, asked=head.paths | body.paths)) | told
    subject, text = head.render(values, "line"), body.render(values, "text")
    lines = [f"{link.label}: {link.url}" for link in found]
    if lines:
        note = _("The links work for %(n)d days.") % {"n": magnet.days}
        text = "\n\n".join([text.strip(), "\n".join(lines), note])
    return subject.strip() or default_subject(), text


def default_subject() -> str:
    """What the mail is called until a marketer says otherwise."""
    return _("Here is what you asked for")


def default_text() -> str:
    """What the mail says until a marketer says otherwise."""
    return _('Hello {{ lead.first_name | default: "there" }},\n\nthank you. This is yours:')


def paths_of(form: Form) -> list[str]:
    """Every merge field that the mail of this form may use."""
    return [
        *catalogue(),
        *(f"answer.{one.name}" for one in mailing.mailable(questions(form.draft))),
    ]


def _told(asked: Iterable[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as merge fields."""
    return {
        f"answer.{one.name}": one.shown(answers[one.name]) if one.name in answers else ""
        for one in mailing.mailable(asked)
    }


def _safe(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the person less those that carry an address of the web: names do not."""
    return {
        key: ""
        if isinstance(value, str) and key.startswith("lead.") and leads_away(value)
        else value
        for key, value in values.items()
    }


def leads_away(value: str) -> bool:
    """Whether a text that a stranger typed carries an address of the web."""
    return "://" in value or "www." in value.lower()


def of_grant(grant: Grant) -> Promise | None:
    """The promise that a file's permission came from."""
    kind, _colon, rest = grant.key.partition(":")
    number = rest.partition(":")[0]
    if kind != "submission" or not number.isdigit():
        return None
    known = Promise.objects.select_related("submission__lead", "submission__form__magnet")
    return known.filter(submission=int(number)).first()

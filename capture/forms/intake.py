"""From a posted body to a kept submission: the one way in, whichever door was used."""

import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from capture import rules, selectors
from capture.blocks.asking import Question
from capture.forms.answers import AnswerForm, form_of, posted
from capture.forms.fields import FileAnswer
from capture.forms.slots import taken_words
from capture.models import Form, Submission, Unfinished
from capture.selectors import known
from capture.services import booking, incentives, later, proofs, registrations, submissions
from leadflow.assets import uploads
from leadflow.assets.models import Upload
from leadflow.conditions.zone import here
from leadflow.errors import Invalid
from leadflow.kit import agents, clock, tokens
from leadflow.kit.disposable import is_disposable

HONEYPOT = "website_url"
TOKEN_SECONDS = 48 * 3600  # the embed tries again for a day; the rest is for a page left open
_PURPOSE = "form.v1"
_NOT_ANSWERS = frozenset({"token", "lf_at", "lf_go", "lf_later", "lf_remind", proofs.FIELD})


def token_for(form: Form) -> str:
    """What a page carries to prove when it was opened; it says nothing else."""
    return tokens.sign(settings.SECRET_KEY, _PURPOSE, f"{form.public_id}-{int(time.time())}")


def token_age(form: Form, token: Any) -> float | None:
    """Seconds since the page was opened; None for a token that is not ours, another's or too old."""
    if not isinstance(token, str) or len(token) > 200:
        return None
    told = tokens.read(settings.SECRET_KEY, _PURPOSE, token)
    public_id, _dash, opened = (told or "").rpartition("-")
    if public_id != form.public_id or not opened.isdigit():
        return None
    age = time.time() - int(opened)
    return age if -60 <= age <= TOKEN_SECONDS else None


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a body came: everything that the visitor's browser tells beside her answers."""

    channel: str
    ip: str | None
    headers: Mapping[str, str]
    query: Mapping[str, str]
    page_url: str = ""
    client_id: str = ""
    page_id: int | None = None
    variant_id: int | None = None
    page_variant_id: int | None = None
    mark: str = ""
    needs_token: bool = True


@dataclass(slots=True)
class Turn:
    """The next page of a browser without script; none where the way ends and `body` can be taken."""

    form: AnswerForm
    body: Mapping[str, Any]
    page: str = ""
    is_wrong: bool = False


@dataclass(slots=True)
class Taken:
    """What became of a post. `form` holds the values and errors where it was not taken."""

    form: AnswerForm
    accepted: submissions.Accepted | None = None
    is_stale: bool = False
    ending: str = ""
    closed: str = ""
    place: str = ""  # what she got at the form's event
    offer: incentives.Outcome | None = None  # what she reads about the form's offer
    errors: dict[str, list[str]] = field(default_factory=dict)


def take(
    *, form: Form, body: Mapping[str, Any], envelope: Envelope, at: datetime | None = None
) -> Taken:
    """Check the answers and keep them. Raises rules.NotTakeable for a body that is no set of answers."""
    at = at or clock.now()
    raw = rules.flat(body)
    age = token_age(form, raw.get("token"))
    params = _params(envelope)
    bound = _bound(form, raw, params, at)
    taken = Taken(bound, is_stale=envelope.needs_token and age is None)
    arrival = _arrival(form, raw, envelope, params, at)
    taken.closed = _closed(form, arrival, at)
    if taken.closed:
        return taken
    taken.errors = {key: [str(line) for line in lines] for key, lines in bound.errors.items()}
    if set(taken.errors) == {bound.slot_name} and _sent_before(form, arrival):
        taken.errors = {}  # her own answer took the time; she sends it a second time
        taken.accepted = submissions.Accepted(None, is_new=False)
    if taken.errors or taken.is_stale or taken.accepted:
        return taken
    taken.ending = bound.way.ending
    is_one = bool(bound.files_sent() or form.most_answers or bound.slot())
    with transaction.atomic() if is_one else nullcontext():
        if form.most_answers:  # whoever asks holds the form until her answer is kept
            Form.objects.select_for_update().get(pk=form.pk)
            taken.closed = _closed(form, arrival, at)
        taken.errors = _slot_gone(bound)
        if not taken.closed and not taken.errors:
            taken.accepted = _accepted(form, bound, raw, envelope, arrival, age, at)
    if taken.accepted:
        _finish(form, taken, raw, at)
    return taken


def _finish(form: Form, taken: Taken, raw: Mapping[str, Any], at: datetime) -> None:
    """What comes behind a kept answer, in transactions of its own."""
    if form.occasion_id is not None and taken.accepted:
        taken.place = registrations.at_the_door(taken.accepted.submission_id)
    if form.offer_id is not None and taken.accepted:
        taken.offer = incentives.at_the_door(form, taken.accepted.submission_id)
    if can_save(form):
        row = later.of_token(form, raw.get("lf_later"), at=at)
        later.finish(form=form, row=row, email=_email_of(taken.form.asked, raw))


def can_save(form: Form) -> bool:
    """Whether visitors may save and continue later."""
    return bool(form.live_version.content["settings"].get("can_save"))


def save_for_later(*, form: Form, body: Mapping[str, Any], mark: str = "") -> Unfinished | None:
    """Keep what was typed so far, because she asked; None for a page that was open for too long."""
    raw = rules.flat(body)
    if token_age(form, raw.get("token")) is None:
        return None
    asked = form_of(form.live_version.pk).asked
    wants = raw.get("lf_remind") and form.live_version.content["settings"].get("reminds")
    return later.save(
        form=form,
        answers={one.name: raw[one.name] for one in asked if one.is_open and raw.get(one.name)},
        page=str(raw.get("lf_at") or "")[:24],
        mark=mark,
        known=later.of_token(form, raw.get("lf_later")),
        remind=_email_of(asked, raw) if wants else "",
        agreed_to=str(reminder_words()) if wants else "",
    )


def reminder_words() -> str:
    """What stands beside the box, kept word for word with who ticked it."""
    return _("Email me once, after a day, if I do not finish. My address is in the form.")


def resumed(form: Form, row: Unfinished, envelope: Envelope) -> AnswerForm:
    """The form with what was kept, on the page where she left; errors are none of today's business."""
    bound = _bound(form, row.answers, _params(envelope), clock.now())
    bound.full_clean()
    pages = bound.way.pages
    bound.show_page(row.page if row.page in pages else pages[0], with_errors=False)
    return bound


def known_to_us(form: Form, told: Any, envelope: Envelope) -> AnswerForm | None:
    """The form for who came by a link of her own: what we know is filled in and not asked again."""
    lead = known.lead_of(form, told)
    if lead is None:
        return None
    made = form_of(form.live_version.pk)
    values = known.values(lead, made.asked)
    bound = _bound(form, values, _params(envelope), clock.now())
    bound.full_clean()
    usable = {name for name in values if name not in bound.errors}
    pages = bound.way.pages
    bound.show_page(pages[0], with_errors=False)
    bound.spared = frozenset(known.not_asked(form, made.asked, dict.fromkeys(usable, True)))
    return bound


def _email_of(asked: list[Question], raw: Mapping[str, Any]) -> str:
    one = next((question for question in asked if question.type == "email"), None)
    return str(raw.get(one.name) or "") if one else ""


def _closed(form: Form, arrival: rules.Arrival, at: datetime) -> str:
    """Why this answer comes too early or too late; one that is here already is thanked for as before."""
    why = selectors.why_closed(form, at, asks=False) or ""
    return "" if why and _sent_before(form, arrival) else why


def _sent_before(form: Form, arrival: rules.Arrival) -> bool:
    sent = Submission.objects.filter(form=form, client_submission_id=arrival.client_id)
    return sent.exists()


def _slot_gone(bound: AnswerForm) -> dict[str, list[str]]:
    """Hold the hosts of the chosen time until the answer is kept; an error where others were quicker."""
    chosen = bound.slot()
    if chosen is None or booking.hold(*chosen):
        return {}
    bound.add_error(bound.slot_name, taken_words())
    return {bound.slot_name: [taken_words()]}


def _accepted(
    form: Form,
    bound: AnswerForm,
    raw: Mapping[str, Any],
    envelope: Envelope,
    arrival: rules.Arrival,
    age: float | None,
    at: datetime,
) -> submissions.Accepted:
    accepted = submissions.accept(
        version=form.live_version,
        answers=bound.answers(),
        raw={key: value for key, value in raw.items() if key not in _NOT_ANSWERS},
        arrival=arrival,
        spam=_suspicions(form, raw, bound, envelope, age),
        at=at,
    )
    if bound.slot() and accepted.submission_id:
        booking.book_all([accepted.submission_id])
    files = bound.files_sent()
    if files and accepted.submission_id:
        holder = (submissions.HOLDER, accepted.submission_id)
        uploads.claim(files, holder=holder, labels=files)
    return accepted


def keep_files(form: Form, files: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Take in the files that a browser without script posted: their codes, and what was wrong, by name."""
    codes: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for question in form_of(form.live_version.pk).asked:
        file = files.get(f"{question.name}__file") if question.type == "file" else None
        if file:
            try:
                codes[question.name] = keep_file(form, question.name, file).public_id
            except Invalid as refusal:
                wrong[question.name] = refusal.message
    return codes, wrong


def keep_file(form: Form, name: str, file: Any) -> Upload:
    """Take in the file of one question; it waits for the answer. Raises Invalid."""
    field = form_of(form.live_version.pk).base_fields.get(name)
    if not isinstance(field, FileAnswer):
        raise Invalid(_("This form asks for no such file."))
    return uploads.take_in(file, name=file.name or "", kinds=field.kinds, most=field.most)


def turn(
    *, form: Form, body: Mapping[str, Any], envelope: Envelope, at: datetime | None = None
) -> Turn:
    """Go one page on or back, as the button `lf_go` of the page `lf_at` says. Raises rules.NotTakeable."""
    raw = rules.flat(body)
    bound = _bound(form, raw, _params(envelope), at or clock.now())
    bound.full_clean()
    pages = bound.way.pages
    here_at = pages.index(raw["lf_at"]) if raw.get("lf_at") in pages else 0
    goes_back = raw.get("lf_go") == "back"
    is_wrong = not goes_back and any(
        bound.page_of_name(name) == pages[here_at] for name in bound.errors
    )
    there = here_at if is_wrong else max(here_at - 1, 0) if goes_back else here_at + 1
    if there == len(pages):
        off = {one.name for one in bound.asked if bound.page_of[one.id] not in pages}
        return Turn(bound, {key: value for key, value in raw.items() if key not in off})
    bound.show_page(pages[there], with_errors=is_wrong)
    return Turn(bound, raw, pages[there], is_wrong)


def _bound(
    form: Form, raw: Mapping[str, Any], params: Mapping[str, str], at: datetime
) -> AnswerForm:
    made = form_of(form.live_version.pk)
    # only a rule, a formula or a date asks what day it is where the organisation lives
    day = here(at) if made.needs_day else None
    return made(posted(made, raw), at=day, carried=_carried(made.asked, params))


def _suspicions(
    form: Form,
    raw: Mapping[str, Any],
    bound: AnswerForm,
    envelope: Envelope,
    age: float | None,
) -> str:
    """Why these answers are set aside before a lead exists, or nothing."""
    policy = selectors.policy_of(form)
    emails = [bound.answers().get(one.name) for one in bound.asked if one.type == "email"]
    domains = [str(email).rpartition("@")[2].lower() for email in emails if email]
    is_page = envelope.channel != Submission.Channel.API
    return rules.suspicions(
        honeypot=raw.get(HONEYPOT),
        seconds=age,
        # programs that draw the form themselves are welcome on their own door
        is_crawler=policy.holds_crawlers
        and is_page
        and agents.is_crawler(envelope.headers.get("user-agent", "")),
        is_disposable=policy.holds_disposable and any(map(is_disposable, domains)),
        is_blocked=bool(policy.blocked_domains)
        and any(domain in policy.blocked_domains for domain in domains),
        is_unproved=is_page
        and not proofs.holds(policy, raw.get(proofs.FIELD), form, raw.get("client_id")),
    )


def _arrival(
    form: Form,
    raw: Mapping[str, Any],
    envelope: Envelope,
    params: Mapping[str, str],
    at: datetime,
) -> rules.Arrival:
    given = rules.client_id(envelope.client_id) or rules.client_id(raw.get("client_id"))
    unsigned = {key: value for key, value in raw.items() if key not in {*_NOT_ANSWERS, "client_id"}}
    return rules.Arrival(
        client_id=given or rules.fallback_id(form.pk, unsigned, at),
        channel=envelope.channel,
        ip=envelope.ip,
        headers=envelope.headers,
        page_url=rules.web_url(envelope.page_url),
        utm=rules.utm_of(params),
        page_id=envelope.page_id,
        variant_id=envelope.variant_id,
        page_variant_id=envelope.page_variant_id,
    )


def _params(envelope: Envelope) -> dict[str, str]:
    """The parameters of the page that the visitor was on, then those of our own address."""
    try:
        told = dict(parse_qsl(urlsplit(envelope.page_url).query, max_num_fields=100))
    except ValueError:
        told = {}
    return told | dict(envelope.query)


def carried(made: type[AnswerForm], envelope: Envelope) -> dict[str, str]:
    """What the link of this visit carries into the form."""
    return _carried(made.asked, _params(envelope))


def _carried(asked: list[Question], params: Mapping[str, str]) -> dict[str, str]:
    found = {
        one.name: rules.storable(params.get(str(one.props.get("param")), ""))[:500]
        for one in asked
        if one.type == "url_param"
    }
    return {key: value for key, value in found.items() if value}

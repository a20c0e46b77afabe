"""From a posted body to a kept submission: the one way in, whichever door was used."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from capture import rules
from capture.blocks.asking import Question
from capture.forms.answers import AnswerForm, form_of, posted
from capture.models import Form
from capture.services import submissions
from leadflow.conditions.zone import here
from leadflow.kit import clock, tokens

HONEYPOT = "website_url"
TOKEN_SECONDS = 48 * 3600  # the embed tries again for a day; the rest is for a page left open
_PURPOSE = "form.v1"


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
    needs_token: bool = True


@dataclass(slots=True)
class Taken:
    """What became of a post. `form` holds the values and errors where it was not taken."""

    form: AnswerForm
    accepted: submissions.Accepted | None = None
    is_stale: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)


def take(
    *, form: Form, body: Mapping[str, Any], envelope: Envelope, at: datetime | None = None
) -> Taken:
    """Check the answers and keep them. Raises rules.NotTakeable for a body that is no set of answers."""
    at = at or clock.now()
    raw = rules.flat(body)
    age = token_age(form, raw.get("token"))
    made = form_of(form.live_version.pk)
    # only a rule asks what day it is where the organisation lives
    bound = made(posted(made, raw), at=here(at) if made.shown or made.formulas else None)
    taken = Taken(bound, is_stale=envelope.needs_token and age is None)
    if not bound.is_valid():
        taken.errors = {key: [str(line) for line in lines] for key, lines in bound.errors.items()}
    if taken.errors or taken.is_stale:
        return taken
    params = _params(envelope)
    taken.accepted = submissions.accept(
        version=form.live_version,
        answers=bound.answers() | _carried(bound.asked, params),
        raw={key: value for key, value in raw.items() if key != "token"},
        arrival=_arrival(form, raw, envelope, params, at),
        spam=rules.spam_reason(honeypot=raw.get(HONEYPOT), seconds=age),
        at=at,
    )
    return taken


def _arrival(
    form: Form,
    raw: Mapping[str, Any],
    envelope: Envelope,
    params: Mapping[str, str],
    at: datetime,
) -> rules.Arrival:
    given = rules.client_id(envelope.client_id) or rules.client_id(raw.get("client_id"))
    unsigned = {key: value for key, value in raw.items() if key not in {"token", "client_id"}}
    return rules.Arrival(
        client_id=given or rules.fallback_id(form.pk, unsigned, at),
        channel=envelope.channel,
        ip=envelope.ip,
        headers=envelope.headers,
        page_url=rules.web_url(envelope.page_url),
        utm=rules.utm_of(params),
    )


def _params(envelope: Envelope) -> dict[str, str]:
    """The parameters of the page that the visitor was on, then those of our own address."""
    try:
        told = dict(parse_qsl(urlsplit(envelope.page_url).query, max_num_fields=100))
    except ValueError:
        told = {}
    return told | dict(envelope.query)


def _carried(asked: list[Question], params: Mapping[str, str]) -> dict[str, str]:
    """The values of questions that nobody sees: fixed ones, and those from the link."""
    found: dict[str, str] = {}
    for question in asked:
        if question.type == "hidden":
            found[question.name] = str(question.props.get("value") or "")
        elif question.type == "url_param":
            value = params.get(str(question.props.get("param")), "")
            found[question.name] = rules.storable(value)[:500]
    return {key: value for key, value in found.items() if value}

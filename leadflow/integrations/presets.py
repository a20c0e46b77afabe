"""How well-known senders shape their bodies: where to begin a mapping, with a sample made up here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _l

from leadflow.integrations.maps import BEHAVIOUR, FACTS, LEAD


def _map(each: str = "", **fields: str) -> dict[str, Any]:
    """A document; a field is its path, and after ` | ` how it is changed; `__` stands for a dot."""
    rules = {}
    for key, said in fields.items():
        path, _bar, change = said.partition(" | ")
        rules[key.replace("__", ".")] = {"from": path} | ({"do": change} if change else {})
    return {"each": each, "fields": rules}


@dataclass(frozen=True)
class Preset:
    """A known shape: what it makes, how the sender signs, a mapping and a sample for it."""

    key: str
    label: str | Promise
    makes: str
    document: Mapping[str, Any]
    sample: Any
    note: str | Promise = ""


def _column(name: str) -> str:
    return f"user_column_data[column_id={name}].string_value"


def _asked(name: str) -> str:
    return f"field_data[name={name}].values[0]"


def _answer(question: int) -> str:
    return f"formResponse.answers[questionId={question}].answerDetails.textQuestionAnswer.answer"


_LIST = (
    Preset(
        "flat", _l("Flat JSON"), LEAD,
        _map(
            email="email", first_name="first_name", last_name="last_name", phone="phone",
            company_name="company", job_title="job_title", external_id="id",
        ),
        {
            "id": "s-1001", "email": "nora.lind@fjordroof.example", "first_name": "Nora",
            "last_name": "Lind", "phone": "+47 22 12 34 56", "company": "Fjord Roof AS",
            "job_title": "Facility manager",
        },
        _l("What most automation tools send when nobody tells them otherwise."),
    ),
    Preset(
        "google", _l("Google Ads lead form"), LEAD,
        _map(
            email=_column("EMAIL"), full_name=_column("FULL_NAME"), phone=_column("PHONE_NUMBER"),
            company_name=_column("COMPANY_NAME"), job_title=_column("JOB_TITLE"), external_id="lead_id",
        ),
        {
            "lead_id": "g-77001", "form_id": 4002, "campaign_id": 9001, "google_key": "…", "is_test": True,
            "user_column_data": [
                {"column_id": "FULL_NAME", "string_value": "Nora Lind"},
                {"column_id": "EMAIL", "string_value": "nora.lind@fjordroof.example"},
                {"column_id": "PHONE_NUMBER", "string_value": "+47 22 12 34 56"},
                {"column_id": "COMPANY_NAME", "string_value": "Fjord Roof AS"},
            ],
        },
        _l("Google signs nothing: choose a key inside the body, at google_key."),
    ),
    Preset(
        "meta", _l("Meta lead ads"), LEAD,
        _map(
            email=_asked("email"), full_name=_asked("full_name"), phone=_asked("phone_number"),
            company_name=_asked("company_name"), job_title=_asked("job_title"),
            occurred_at="created_time", external_id="id",
        ),
        {
            "id": "m-55001", "created_time": "2026-03-02T12:00:00+0000", "form_id": "f-9",
            "field_data": [
                {"name": "full_name", "values": ["Nora Lind"]},
                {"name": "email", "values": ["nora.lind@fjordroof.example"]},
                {"name": "phone_number", "values": ["+47 22 12 34 56"]},
                {"name": "company_name", "values": ["Fjord Roof AS"]},
            ],
        },
        _l("The lead as Meta's Graph API gives it. Meta's own call names only its id: let an automation tool fetch the lead and send it on."),
    ),
    Preset(
        "linkedin", _l("LinkedIn lead gen form"), LEAD,
        _map(
            first_name=_answer(1), last_name=_answer(2), email=_answer(3), company_name=_answer(4),
            job_title=_answer(5), occurred_at="submittedAt | unix", external_id="id",
        ),
        {
            "id": "l-33001", "submittedAt": 1772452800000, "testLead": False,
            "formResponse": {
                "answers": [
                    {"questionId": number, "answerDetails": {"textQuestionAnswer": {"answer": said}}}
                    for number, said in enumerate(
                        ("Nora", "Lind", "nora.lind@fjordroof.example", "Fjord Roof AS", "Facility manager"),
                        start=1,
                    )
                ]
            },
        },
        _l("The response as LinkedIn's API gives it; an automation tool fetches it. The numbers of the questions are those of your form."),
    ),
    Preset(
        "typeform", _l("Typeform"), LEAD,
        _map(
            email="form_response.answers[field.ref=email].email",
            full_name="form_response.answers[field.ref=name].text",
            company_name="form_response.answers[field.ref=company].text",
            occurred_at="form_response.submitted_at", external_id="form_response.token",
        ),
        {
            "event_id": "e-1", "event_type": "form_response",
            "form_response": {
                "form_id": "f1", "token": "t-2001", "submitted_at": "2026-03-02T12:00:00Z",
                "answers": [
                    {"type": "text", "text": "Nora Lind", "field": {"id": "a", "ref": "name"}},
                    {"type": "email", "email": "nora.lind@fjordroof.example", "field": {"id": "b", "ref": "email"}},
                    {"type": "text", "text": "Fjord Roof AS", "field": {"id": "c", "ref": "company"}},
                ],
            },
        },
        _l("Signed by HMAC in the header Typeform-Signature, base64, after sha256=. Give the questions of your form these references."),
    ),
    Preset(
        "calendly", _l("Calendly"), LEAD,
        _map(
            email="payload.email", full_name="payload.name", occurred_at="created_at",
            external_id="payload.uri", tags="payload.scheduled_event.name",
        ),
        {
            "event": "invitee.created", "created_at": "2026-03-02T12:00:00.000000Z",
            "payload": {
                "email": "nora.lind@fjordroof.example", "name": "Nora Lind",
                "uri": "https://api.calendly.example/invitees/c-1",
                "scheduled_event": {"name": "Roof survey", "start_time": "2026-03-05T09:00:00Z"},
            },
        },
        _l("Signed with a stamp, in the header Calendly-Webhook-Signature."),
    ),
    Preset(
        "intent", _l("Intent signals, a list"), BEHAVIOUR,
        _map(
            "signals", email="contact.email", company__domain="company.domain", topic="topic",
            provider="=Example Intent", confidence="score | share", occurred_at="seen_at", external_id="id",
        ),
        {
            "signals": [
                {
                    "id": "i-1", "topic": "solar roofs", "score": 82, "seen_at": "2026-03-02T12:00:00Z",
                    "contact": {"email": "nora.lind@fjordroof.example"}, "company": {"domain": "fjordroof.example"},
                },
                {
                    "id": "i-2", "topic": "heat pumps", "score": 41, "seen_at": "2026-03-01T08:00:00Z",
                    "company": {"domain": "fjordroof.example"},
                },
            ]
        },
        _l("Each entry is a fact: of the person where one is named, else of the company."),
    ),
    Preset(
        "enrichment", _l("Facts about a person and their company"), FACTS,
        _map(
            email="person.email", job_title="person.title", seniority="person.seniority | lower",
            city="person.city", country="person.country", company__domain="company.domain",
            company__industry="company.industry", company__size="company.employees",
            provider="=Example Data", confidence="confidence",
        ),
        {
            "confidence": "high",
            "person": {
                "email": "nora.lind@fjordroof.example", "title": "Facility manager", "seniority": "manager",
                "city": "Bergen", "country": "NO",
            },
            "company": {"domain": "fjordroof.example", "industry": "Construction", "employees": 85},
        },
        _l("Fills blanks; what differs is proposed on the page of the person or company."),
    ),
)  # fmt: skip
PRESETS: Mapping[str, Preset] = {one.key: one for one in _LIST}


def presets_for(makes: str) -> list[Preset]:
    """Those that make what a hook makes."""
    return [one for one in _LIST if one.makes == makes]

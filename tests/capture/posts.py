"""A series of posts that meets every rule of the form door, and the rows that it leaves."""

import json
from datetime import datetime

from capture.blocks.starts import block
from capture.models import FormDay, Submission
from capture.services import submissions
from leadflow.events.models import Event
from leadflow.history.models import FieldChange
from leadflow.models import (
    Campaign,
    Company,
    Consent,
    Engagement,
    Lead,
    LeadAnswer,
    LeadCycle,
    LeadIdentity,
    LeadScore,
    LeadStage,
    LeadTag,
    Source,
    Tag,
    Touchpoint,
)
from leadflow.services import consent
from tests.factories.capture import contact_body, published_form

TABLES = [
    Company, Lead, LeadIdentity, LeadCycle, LeadScore, LeadAnswer, LeadTag, Consent, Touchpoint,
    Engagement, Submission, FormDay, FieldChange, Event,
]  # fmt: skip
_RANDOM = {"public_id"}
_NAMED_IN_DATA = {"submission": Submission, "consent": Consent}


def send_all(client):
    """The series, in the order in which it tells a story."""
    contact = published_form(name="Contact")
    Source.objects.create(name="Trade fair", channel="event", direction="outbound")
    Campaign.objects.create(name="Spring")
    full = published_form(
        block("email", is_required=False),
        block("short_text", label="Name", name="name", save_to="full_name"),
        block("short_text", label="Title", name="title", save_to="job_title"),
        block("short_text", label="Born", name="born", save_to="birth_year"),
        block("phone", country="NL"),
        block("number", label="Seats", name="seats"),
        block("consent", text="Write to me."),
        name="Full",
        source=Source.objects.create(name="Website", channel="website"),
    )
    full.tags.add(Tag.objects.create(name="inbound"), Tag.objects.create(name="warm"))
    news = published_form(block("email"), name="News", stage=LeadStage.SUBSCRIBER)
    survey = published_form(block("yes_no", label="Happy?", name="happy"), name="Survey")

    def post(form, client_id, **body):
        found = client.post(
            f"/api/v1/forms/{form.public_id}/submissions",
            json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": client_id, "Referer": "https://www.example/"},
        )
        assert found.status_code == 200, found.content

    ann = {"first_name": "Ann", "email": "Ann@North.example", "message": "Hello", "consent": True}
    post(contact, "client-0001", **ann)
    post(contact, "client-0001", **ann)  # a replay
    post(contact, "client-0002", **ann | {"first_name": "Mallory", "phone": "030 901820"})
    post(full, "client-0003", email="ann@north.example", title="CEO", seats=3, name="Ann Bench")
    post(full, "client-0004", email="ben@north.example", name="Ben van Dam", born="soon")
    landing = "https://www.example/go?utm_source=trade%20FAIR&utm_campaign=spring"
    post(full, "client-0005", email="cas@gmail.com", born="1980", page_url=landing, consent=True)
    post(full, "client-0006", phone="020 555 0148", seats=1)
    post(news, "client-0007", email="dee@south.example")
    post(contact, "client-0008", email="dee@south.example", company="South Ltd")
    post(contact, "client-0009", email="eve@gmail.com", company="Eve & Co", website_url="spam")
    post(contact, "client-0010", email="eve@gmail.com", company="Eve & Co", message="Again")
    post(survey, "client-0011", happy=True)
    consent.withdraw(lead=Lead.objects.get(email="Ann@north.example"))
    post(contact, "client-0012", **ann)
    hosted = contact_body(contact, email="fay@north.example", client_id="client-0013")
    assert client.post(contact.public_path, hosted).status_code == 303
    row = Submission.objects.get(client_submission_id="client-0009")
    submissions.reprocess(submission=row, by=None)


def rows_left():
    """Every row by table in the order of making; ids by their place, so that runs compare."""
    places = {
        model: {pk: place for place, pk in enumerate(sorted(_pks(model)), start=1)}
        for model in [*TABLES, Source, Campaign, Tag]
    }
    return {model.__name__: [_told(row, places) for row in _rows(model)] for model in TABLES}


def _pks(model):
    return model._default_manager.values_list("pk", flat=True)


def _rows(model):
    return model._default_manager.order_by("pk")


def _told(row, places):
    told = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.name in _RANDOM:
            continue
        if field.primary_key and not field.is_relation:
            value = places[type(row)][value]
        elif field.is_relation and field.related_model in places and value is not None:
            value = places[field.related_model][value]
        told[field.attname] = value.isoformat() if isinstance(value, datetime) else value
    return json.loads(json.dumps(_loose_ids(row, told, places), default=str))


def _loose_ids(row, told, places):
    """Ids that no foreign key holds."""
    if isinstance(row, Event):
        told["lead_id"] = places[Lead].get(row.lead_id)
        told["data"] = {
            key: places[_NAMED_IN_DATA[key]].get(value) if key in _NAMED_IN_DATA else value
            for key, value in row.data.items()
        }
        is_answer = row.subject_type == "capture.submission"
        told["subject_id"] = places[Submission].get(row.subject_id) if is_answer else None
    if isinstance(row, (Engagement, LeadAnswer)):
        told["source_id"] = places[Submission][int(row.source_id)]
    if isinstance(row, FieldChange):
        told["object_id"] = places[Lead].get(row.object_id)
        named = {"company": Company, "source": Source, "campaign": Campaign}.get(row.field)
        told["new"] = places[named].get(row.new) if named else row.new
    return told

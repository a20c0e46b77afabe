"""Facts of other packages let people into the sequences that wait for them."""

import re
from datetime import timedelta

import pytest

from capture.blocks.starts import block
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import LeadScore, Origin
from leadflow.segments import services as segments
from leadflow.services import customers, engagement, leads
from nurturing.models import Enrolment, Refusal
from nurturing.services import enrolment
from nurturing.services.automations import documents
from nurturing.services.automations import editing as automations
from pipeline.services import deals
from qualification.services import models
from tests.factories import pipeline as made
from tests.factories.calendars import a_booking, a_meeting
from tests.factories.capture import published_form, token_of
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, an_automation

pytestmark = pytest.mark.django_db
STAYS = {"reply": True, "owner": False, "deal": False, "customer": False, "left_segment": False}


def waiting_for(kind):
    return a_sequence(trigger={"kind": kind, "ref": None}, exits=STAYS)


def test_who_stands_behind_a_lost_deal_enters(bob, drain_events):
    sequence = waiting_for("deal_lost")
    deal = made.deal(bob, lead=a_reader(owner=bob), at=NOON)

    deals.lose(deal, reason=made.reason(), by=bob, at=NOON)
    drain_events()

    assert Enrolment.objects.get(sequence=sequence).lead == deal.lead


@pytest.mark.parametrize("ends_by", ["meeting", "stage"])
def test_who_books_a_meeting_or_comes_to_another_stage_leaves_where_a_sequence_says_so(
    bob, drain_events, ends_by
):
    leaves, stays = a_sequence(exits=STAYS | {ends_by: True}), a_sequence(exits=STAYS)
    ann = a_reader(owner=bob)
    for sequence in (leaves, stays):
        enrolment.enrol_many(sequence=sequence, lead_ids=[ann.pk], by=None)
    if ends_by == "meeting":
        a_booking(a_meeting(bob), lead=ann)
    else:
        leads.advance(ann, to="mql", by=bob)
    drain_events()

    assert Enrolment.objects.get(sequence=leaves).reason == ends_by
    assert Enrolment.objects.get(sequence=stays).is_under_way


def test_a_new_customer_enters_and_is_not_thrown_out_by_having_bought(drain_events):
    sequence, ann = waiting_for("customer_won"), a_reader()

    customers.start(lead=ann, company=None, won_by="hand", by=None, at=NOON)
    drain_events()

    assert Enrolment.objects.get(sequence=sequence).is_under_way


@pytest.mark.parametrize(
    "kind", ["event.registered", "event.attended", "event.missed", "trial.begun"]
)
def test_guests_and_triers_enter_by_what_they_did(kind, drain_events):
    sequence = waiting_for(kind.replace(".", "_"))
    other = waiting_for("event_missed" if kind != "event.missed" else "event_attended")
    ann = a_reader()

    engagement.append([engagement.Fact(ann.pk, kind, "registration", "1:1", at=NOON)])
    drain_events()

    assert Enrolment.objects.get(lead=ann).sequence == sequence
    assert not Enrolment.objects.filter(sequence=other).exists()


def test_what_was_imported_lets_nobody_in(drain_events):
    waiting_for("event_attended")
    fact = engagement.Fact(a_reader().pk, "event.attended", "registration", "1:1", at=NOON)

    engagement.append([fact], origin=Origin.IMPORT)
    drain_events()

    assert not Enrolment.objects.exists()


def test_who_fits_and_is_not_ready_to_buy_enters_by_her_segment(drain_events):
    models.ensure_default()
    fits = {"field": "score.grade", "op": "is_any_of", "value": ["A", "B"]}
    quiet = {"field": "score.engagement", "op": "less_than", "value": 20}
    segment = segments.create(name="Not yet", condition={"all": [fits, quiet]}, by=None)
    sequence = a_sequence(trigger={"kind": "segment", "ref": segment.pk})
    ann, ready, _small = a_reader(), a_reader(), a_reader()
    days = [clock.now() - timedelta(days=n) for n in range(1, 5)]
    engagement.append(
        [engagement.Fact(ready.pk, "form.submitted", "test", str(at), at=at) for at in days]
    )

    for n, lead in enumerate((ann, ready)):
        lead.company.size = 220
        lead.company.save()
        leads.update(lead, values={"seniority": "vp", "phone": f"+3120555014{n}"}, by=None)
    drain_events()

    assert {LeadScore.objects.get(lead=lead).grade for lead in (ann, ready)} == {"A"}
    assert [(one.lead, one.sequence) for one in Enrolment.objects.all()] == [(ann, sequence)]


def test_who_confirms_the_consent_of_the_form_enters_by_it(client, drain_events):
    consents = block("consent", text="Write to me.", confirm=True)
    form = published_form(block("email"), consents)
    sequence = a_sequence(trigger={"kind": "form", "ref": form.pk})
    body = {
        "email": "ada@north.example",
        "consent": "on",
        "website_url": "",
        "token": token_of(form),
    }
    client.post(form.public_path, body | {"client_id": "client-0001"})
    drain_events()
    assert [row.reason for row in sequence.refusals.all()] == ["no_consent"]

    asked = Delivery.objects.get(key__startswith="doi:")
    client.post(re.search(r"(/confirm/\S+|/c/\S+)", asked.text)[1])
    drain_events()

    assert Enrolment.objects.get().cause == f"form:{form.pk}"


def test_whom_an_automation_wanted_in_before_they_confirmed_enters_once_they_did(
    client, drain_events
):
    consents = block("consent", text="Write to me.", confirm=True)
    form, sequence, other = published_form(block("email"), consents), a_sequence(), a_sequence()
    automation = an_automation(
        "form_sent", documents.new_step("enrol") | {"sequence": sequence.pk}, form=form.pk
    )
    paused = an_automation(
        "form_sent", documents.new_step("enrol") | {"sequence": other.pk}, form=form.pk
    )
    body = {
        "email": "ada@north.example",
        "consent": "on",
        "website_url": "",
        "token": token_of(form),
    }
    client.post(form.public_path, body | {"client_id": "client-0001"})
    drain_events()
    assert {row.reason for row in Refusal.objects.all()} == {"no_consent"}
    automations.pause(paused, by=None)

    asked = Delivery.objects.get(key__startswith="doi:")
    client.post(re.search(r"(/confirm/\S+|/c/\S+)", asked.text)[1])
    drain_events()

    entered = Enrolment.objects.get()
    assert (entered.sequence, entered.cause) == (sequence, f"automation:{automation.pk}")

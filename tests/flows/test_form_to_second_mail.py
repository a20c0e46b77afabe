"""From a form on a page to the second mail of a sequence, and the click in it."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from capture.blocks.starts import block
from leadflow.mail.compose import compose
from leadflow.mail.models import Delivery
from leadflow.mail.sender import send_due
from leadflow.models import Engagement, Lead
from leadflow.services import leads
from nurturing import tasks
from nurturing.models import Enrolment
from nurturing.selectors import figures
from tests.factories.capture import contact_blocks, contact_body, published_form
from tests.factories.core import a_lead
from tests.factories.nurturing import a_sequence, mail_step, wait_step

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MONDAY, WEDNESDAY = datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 4, 10, 5, tzinfo=UTC)


def sequence_for(form):
    return a_sequence(
        mail_step('Welcome, {{ lead.first_name | default: "friend" }}'),
        wait_step(2, "business_days"),
        mail_step("A story", "Read it: https://brightwell.example/story"),
        trigger={"kind": "form", "ref": form.pk},
    )


def test_a_visitor_gets_the_first_mail_the_second_and_clicks(drain_events):
    form = published_form()
    sequence = sequence_for(form)

    with time_machine.travel(MONDAY):
        Client().post(f"/f/{form.public_id}/", contact_body(form))
        drain_events()
        tasks.advance_due()
        send_due()
    lead = Lead.objects.get()
    first = Delivery.objects.get(lead=lead, kind="marketing")
    assert (first.subject, first.state, first.transport) == ("Welcome, Ada", "sent", "outbox")
    assert Enrolment.objects.get(lead=lead).cause == f"form:{form.pk}"

    with time_machine.travel(WEDNESDAY):
        drain_events()
        tasks.advance_due()
        send_due()
        second = Delivery.objects.get(lead=lead, subject="A story")
        ((_target, url),) = compose(second).targets
        Client(headers={"user-agent": BROWSER}).get("/" + url.partition("://")[2].partition("/")[2])
        drain_events()

    assert second.state == "sent"
    assert Enrolment.objects.get(lead=lead).state == "finished"
    click = Engagement.objects.get(lead=lead, kind="mail.clicked")
    assert click.actor_class == "human"
    done = figures([sequence.pk])[sequence.pk]
    assert (done.enrolled, done.sent, done.clicked) == (1, 2, 1)


def test_who_gave_no_consent_is_left_out(drain_events):
    form = published_form()
    sequence = sequence_for(form)

    leads.create_or_merge(email="new@customer.example", via=f"form:{form.pk}")
    drain_events()

    assert not Enrolment.objects.exists()
    assert sequence.refusals.get().reason == "no_consent"


def test_who_confirms_by_her_mailbox_enters_then_and_not_before(drain_events):
    asks = block("consent", text="Write to me.", confirm=True)
    form = published_form(*contact_blocks()[:-1], asks)
    sequence = sequence_for(form)

    with time_machine.travel(MONDAY):
        Client().post(f"/f/{form.public_id}/", contact_body(form))
        drain_events()
    lead = Lead.objects.get()
    assert not Enrolment.objects.exists()
    assert sequence.refusals.get().reason == "no_consent"

    with time_machine.travel(WEDNESDAY):
        asked = Delivery.objects.get(key__startswith="doi:")
        Client().post("/confirm/" + re.search(r"/confirm/(\S+)", asked.text)[1])
        drain_events()
        tasks.advance_due()

    walk = Enrolment.objects.get()
    assert (walk.lead, walk.sequence, walk.cause) == (lead, sequence, f"form:{form.pk}")
    assert Delivery.objects.get(lead=lead, kind="marketing").subject.startswith("Welcome")


def test_an_imported_person_enters_nothing(drain_events):
    form = published_form()
    sequence = sequence_for(form)

    leads.create_or_merge(email="old@customer.example", via=f"form:{form.pk}", origin="import")
    drain_events()

    assert not Enrolment.objects.exists()
    assert not sequence.refusals.exists()


def test_an_owner_who_accepts_silences_the_machine(drain_events, bob):
    from leadflow.handover import services as handovers
    from leadflow.models import LeadStage
    from leadflow.services import consent
    from nurturing.services import enrolment

    sequence, lead = a_sequence(), a_lead()
    consent.give(lead=lead)
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None)
    leads.advance(lead, to=LeadStage.MQL, by=None)
    (offer,) = handovers.open_many(lead_ids=[lead.pk], why="A1")

    handovers.accept(offer, by=bob)
    drain_events()

    assert Enrolment.objects.get().reason == "owner"


def test_abuse_A06_who_is_entered_again_and_again_gets_one_first_mail(drain_events, settings):
    settings.FORM_POSTS_PER_MINUTE = 0  # each post comes from another address
    form = published_form()
    sequence_for(form)

    with time_machine.travel(MONDAY):
        for n in range(20):
            body = contact_body(form, client_id=f"client-{n:04}")
            Client().post(f"/f/{form.public_id}/", body, REMOTE_ADDR=f"192.0.2.{n}")
        drain_events()
        tasks.advance_due()
        send_due()

    assert Lead.objects.count() == 1
    assert Delivery.objects.filter(kind="marketing").count() == 1

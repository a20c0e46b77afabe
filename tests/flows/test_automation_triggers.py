"""Every beginning that an automation can have is set off by what it is named after, and by nothing else."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client

from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.lifecycle import REACTIONS
from leadflow.models import Tag
from leadflow.offers import services as offers
from leadflow.offers.models import Offer
from leadflow.segments import services as segments
from leadflow.services import activities, companies, engagement, leads, notes
from nurturing import handlers
from nurturing.models import AutomationRun
from nurturing.services.automations import documents, ticking
from nurturing.services.automations.triggers import TRIGGERS
from pipeline.services import deals
from tests.factories import pipeline as made
from tests.factories.capture import contact_body, published_form
from tests.factories.core import NOON, a_company, a_lead, a_user
from tests.factories.nurturing import an_automation

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=30)


def fact(kind, lead, data):
    with transaction.atomic():
        record(kind, lead_id=lead.pk, data=data, at=NOON)


def did(kind):
    def happens(lead):
        engagement.append([engagement.Fact(lead.pk, kind, "test", "1", "The Guide", at=NOON)])

    return happens


def offered(lead):
    offer = Offer.objects.create(name="Spring", value=Decimal(10), ends_at=NOON + timedelta(days=2))
    offers.give(offer_id=offer.pk, lead=lead, key="test", at=NOON)


def in_a_segment(lead):
    told = segments.create(name="Guests", kind="static", by=None)
    segments.add_many(told, lead_ids=[lead.pk], by=None, at=NOON)
    segments.remove_many(told, lead_ids=[lead.pk], by=None, at=NOON)


def rated(kind):
    return lambda lead: fact(kind, lead, {"from": "1", "to": "2"})


def met(kind):
    return lambda lead: fact(kind, lead, {"activity": 1, "kind": "meeting"})


def subscribed(lead):
    made.subscribe(made.customer(lead=lead))


def sent(lead):
    form = published_form()
    Client().post(form.public_path, contact_body(form, email=lead.email))


def moved(lead):
    deals.move(made.deal(lead=lead, at=NOON), to=made.stage("Proposal"), by=None, at=NOON)


def lost(lead):
    deals.lose(made.deal(lead=lead, at=NOON), reason=made.reason(), by=None, at=NOON)


# what happens to a lead, under the name of the beginning that it sets off
HAPPENS = {
    "stage_entered": lambda lead: leads.advance(lead, to="mql", by=None, at=NOON),
    "field_changed": lambda lead: leads.update(lead, values={"city": "Oslo"}, by=None, at=NOON),
    "tagged": lambda lead: notes.tag_many(lead_ids=[lead.pk], names=["guest"], by=None, at=NOON),
    "form_sent": sent,
    "segment_entered": in_a_segment,
    "segment_left": in_a_segment,
    "qualified": rated("lead.qualified"),
    "cooled": rated("lead.cooled"),
    "assigned": lambda lead: leads.assign(lead, owner=a_user(), by=None, at=NOON),
    "recycled": lambda lead: leads.recycle_many(lead_ids=[lead.pk], reason="Later", by=None, at=NOON),
    "replied": lambda lead: fact("reply.received", lead, {"meaning": "question"}),
    "clicked": did("mail.clicked"),
    "downloaded": did("file.downloaded"),
    "meeting_booked": met("meeting.booked"),
    "meeting_missed": met("meeting.missed"),
    "meeting_cancelled": met("meeting.cancelled"),
    "event_registered": did("event.registered"),
    "event_attended": did("event.attended"),
    "event_missed": did("event.missed"),
    "trial_begun": did("trial.begun"),
    "subscribed": subscribed,
    "activity_done": lambda lead: activities.log(kind="call", subject="Talked", lead=lead, by=None, at=NOON),
    "offer_given": offered,
    "lead_idle": lambda lead: None,
    "offer_ending": offered,
    "company_changed": lambda lead: companies.update(lead.company, values={"industry": "Ships"}, by=None, at=NOON),
    "deal_opened": lambda lead: made.deal(lead=lead, at=NOON),
    "deal_moved": moved,
    "deal_won": lambda lead: deals.win(made.deal(lead=lead, at=NOON), amount=Decimal(1000), by=None, at=NOON),
    "deal_lost": lost,
    "deal_idle": lambda lead: made.deal(lead=lead, at=NOON),
}  # fmt: skip


@pytest.fixture
def tag_step():
    Tag.objects.create(name="hot")
    return documents.new_step("tag") | {"tag": "hot"}


def todo_or_tag(key, tag_step):
    of_company = TRIGGERS[key].subject == "company"
    return documents.new_step("todo") | {"title": "Look"} if of_company else tag_step


@pytest.mark.parametrize("key", TRIGGERS)
def test_what_it_is_named_after_sets_it_off(key, tag_step, drain_events, bob):
    lead = a_lead(owner=bob, company=a_company())
    drain_events()
    narrow = {"days": 5} if TRIGGERS[key].needs else {"tag": "guest"} if key == "tagged" else {}
    automation = an_automation(key, todo_or_tag(key, tag_step), at=NOON - timedelta(days=1), **narrow)  # fmt: skip
    already = AutomationRun.objects.filter(automation=automation).count()

    HAPPENS[key](lead)
    drain_events()
    if TRIGGERS[key].is_moment:
        ticking.look_for_moments(at=LATER if key.endswith("idle") else NOON)

    assert already == 0
    assert [run.state for run in AutomationRun.objects.filter(automation=automation)] == ["done"]


@pytest.mark.parametrize("kind", sorted({kind for one in TRIGGERS.values() for kind in one.facts}))
def test_the_flow_lets_automations_hear_of_each_fact(kind):
    assert handlers.automate in REACTIONS[kind]


@pytest.mark.parametrize(("words", "states"), [("care", ["done"]), ("roof", [])])
def test_a_subscription_of_a_firm_is_that_of_the_person_of_its_deal(
    words, states, tag_step, drain_events
):
    lead, firm = a_lead(), a_company()
    automation = an_automation("subscribed", tag_step, words=words)
    bought = made.customer(company=firm)

    made.subscribe(bought, deal=made.deal(lead=lead, company=firm, at=NOON))
    made.subscribe(bought)  # of no deal: nobody is its person
    drain_events()

    runs = AutomationRun.objects.filter(automation=automation)
    assert [(run.lead, run.state) for run in runs] == [(lead, state) for state in states]


def test_a_trial_that_is_named_is_told_from_others(tag_step, drain_events):
    automation = an_automation("trial_begun", tag_step, words="pro")
    ann, ben = a_lead(), a_lead()

    for lead, name in ((ann, "LeadFlow Pro"), (ben, "LeadFlow Basic")):
        engagement.append(
            [engagement.Fact(lead.pk, "trial.begun", "test", name, name, at=clock.now())]
        )
    drain_events()

    assert AutomationRun.objects.get(automation=automation).lead == ann

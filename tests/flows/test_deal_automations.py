"""Rules about deals: what happens to a deal meets an automation of nurturing."""

from datetime import timedelta

import pytest

from leadflow.models import Activity
from nurturing.models import AutomationRun, Enrolment
from nurturing.services.automations import documents, ticking
from pipeline.services import deals
from tests.factories import pipeline as made
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, an_automation

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def step(of, **fields):
    return documents.new_step(of) | fields


def test_a_deal_in_a_stage_plans_a_call_for_its_owner_where_the_condition_about_deals_holds(
    bob, drain_events
):
    rule = {"all": [{"field": "deal.base_amount", "op": "at_least", "value": 500}]}
    call = step("todo", title="Call them", kind="call")
    target = made.stage("Proposal")
    an_automation("deal_moved", call, rule=rule, deal_stage=target.pk)
    small, large = made.deal(bob, amount=100, at=NOON), made.deal(bob, amount=900, at=NOON)

    for one in (small, large):
        deals.move(one, to=target, by=bob, at=NOON + DAY)
    drain_events()

    row = Activity.objects.get(subject="Call them")
    assert (row.subject_ref, row.owner) == (f"deal:{large.pk}", bob)
    states = dict(AutomationRun.objects.values_list("subject_id", "state"))
    assert states == {small.pk: "passed", large.pk: "done"}


def test_a_lost_deal_enrols_its_person(bob, drain_events):
    sequence = a_sequence()
    an_automation("deal_lost", step("enrol", sequence=sequence.pk))
    deal = made.deal(bob, lead=a_reader(owner=bob), at=NOON)
    drain_events()

    deals.lose(deal, reason=made.reason(), by=bob, at=NOON + DAY)
    drain_events()

    assert Enrolment.objects.get().lead == deal.lead


def test_a_deal_without_a_person_says_why_nobody_is_enrolled(bob, drain_events):
    an_automation("deal_won", step("enrol", sequence=a_sequence().pk))
    deal = made.deal(bob, company=made.company(), at=NOON)

    deals.win(deal, amount=deal.amount, by=bob, at=NOON + DAY)
    drain_events()

    assert "needs a person" in AutomationRun.objects.get().reason


def test_an_idle_deal_is_met_once(bob):
    an_automation("deal_idle", step("todo", title="Move on"), days=14, at=NOON - DAY)
    deal = made.deal(bob, at=NOON)

    assert ticking.look_for_moments(at=NOON + 13 * DAY) == 0
    assert ticking.look_for_moments(at=NOON + 15 * DAY) == 1
    assert ticking.look_for_moments(at=NOON + 16 * DAY) == 0

    assert Activity.objects.get(subject="Move on").subject_ref == f"deal:{deal.pk}"

"""A customer is one since her first win, in whatever order and batches the wins become known."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadflow.models import Customer, LeadCycle
from pipeline.models import Deal
from pipeline.services import deals
from pipeline.services.deals import Opening, open_many
from tests.factories.core import NOON, a_company, a_lead
from tests.factories.pipeline import stage

pytestmark = pytest.mark.django_db


def won(days, company, lead=None):
    return Opening(
        name=f"Day {days}", company=company, lead=lead, stage=stage("Won"), amount=100,
        opened_at=NOON - timedelta(days=1), closed_at=NOON + timedelta(days=days),
    )  # fmt: skip


def take_in(batches, company, lead=None):
    for batch in batches:
        openings = [won(day, company, lead) for day in batch]
        open_many(openings, by=None, at=NOON + timedelta(days=90))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=3), min_size=1, max_size=4),
    has_person=st.booleans(),
)
def test_the_order_of_the_wins_decides_nothing(db, batches, has_person):
    with transaction.atomic():
        company = a_company()
        lead = a_lead(company=company) if has_person else None
        take_in(batches, company, lead)

        first = NOON + timedelta(days=min(day for batch in batches for day in batch))
        customer = Customer.objects.get(company=company)
        assert customer.started_at == first
        assert Deal.objects.get(pk=customer.won_by.partition(":")[2]).won_at == first
        if lead:
            assert LeadCycle.objects.get(lead=lead).customer_at == first
        transaction.set_rollback(True)


def test_taking_the_later_win_back_leaves_the_customer_with_the_first():
    company = a_company()
    take_in([[9], [3]], company)

    deals.reopen(Deal.objects.get(name="Day 9"), by=None)

    customer = Customer.objects.get()
    assert (customer.reverted_at, customer.started_at) == (None, NOON + timedelta(days=3))


def test_taking_the_first_win_back_makes_the_next_one_the_first():
    company = a_company()
    take_in([[9], [3]], company)

    deals.reopen(Deal.objects.get(name="Day 3"), by=None)

    customer = Customer.objects.get()
    assert (customer.reverted_at, customer.started_at) == (None, NOON + timedelta(days=9))

"""A lead becomes a deal."""

from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection

from leadflow.errors import Conflict, Invalid
from leadflow.kit import clock
from leadflow.models import Activity, Company, LeadStage
from leadflow.services import activities, leads
from pipeline.models import Conversion, Deal
from pipeline.services import converting, deals
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def new_deal(**fields):
    stage = fields.pop("stage", None) or make.stage()
    return deals.Opening(name="Roof", amount=Decimal(100), stage=stage, **fields)


def test_a_lead_becomes_a_deal_of_her_owner_and_stands_at_the_deal_stage(bob, recorded):
    lead = make.lead(bob)

    made = converting.convert(lead, choice=converting.Choice(opening=new_deal()), by=bob)

    lead.refresh_from_db()
    assert (made.deal.owner, made.deal.lead, made.made_deal) == (bob, lead, True)
    assert made.deal.qualified_at
    assert lead.stage == LeadStage.OPPORTUNITY
    assert recorded(lead)[-3:] == ["deal.opened", "lead.advanced", "lead.converted"]


def test_converting_the_same_cycle_again_makes_nothing(bob):
    lead = make.lead(bob)
    choice = converting.Choice(opening=new_deal(), company_name="Brandt AG")

    first = converting.convert(lead, choice=choice, by=bob)
    second = converting.convert(lead, choice=choice, by=bob)

    assert first == second
    assert Deal.objects.count() == Conversion.objects.count() == 1


def test_a_recycled_lead_converts_once_more_in_her_next_cycle(bob):
    lead = make.lead(bob)
    choice = converting.Choice(opening=new_deal())
    first = converting.convert(lead, choice=choice, by=bob)
    leads.recycle_many(lead_ids=[lead.pk], reason="timing", by=bob)
    leads.reopen_many(lead_ids=[lead.pk], by=bob)

    second = converting.convert(lead, choice=choice, by=bob)

    assert second.deal != first.deal


def test_a_new_company_is_made_and_the_lead_works_there(bob):
    lead = make.lead(bob, email="anna@gmail.com")

    made = converting.convert(
        lead, choice=converting.Choice(opening=new_deal(), company_name="Brandt AG"), by=bob
    )

    lead.refresh_from_db()
    assert made.made_company
    assert lead.company == made.company == made.deal.company


def test_a_company_of_that_name_is_found_rather_than_made(bob):
    known = make.company("Brandt AG")
    lead = make.lead(bob, email="anna@gmail.com")

    made = converting.convert(
        lead, choice=converting.Choice(opening=new_deal(), company_name="brandt ag"), by=bob
    )

    assert made.company == known
    assert not made.made_company


def test_a_lead_joins_an_existing_deal_and_fills_what_it_lacked(bob):
    deal = make.deal(bob)
    lead = make.lead(bob)

    made = converting.convert(
        lead, choice=converting.Choice(deal=deal, company=lead.company), by=bob
    )

    deal.refresh_from_db()
    assert (made.deal, deal.lead, made.made_deal) == (deal, lead, False)
    assert deal.company == lead.company


def test_a_lead_converts_without_a_deal_and_keeps_her_stage(bob):
    lead = make.lead(bob)

    made = converting.convert(lead, choice=converting.Choice(company=lead.company), by=bob)

    lead.refresh_from_db()
    assert made.deal is None
    assert lead.stage == LeadStage.LEAD


def test_her_activities_are_linked_to_the_deal(bob):
    lead = make.lead(bob)
    activities.plan(kind="call", subject="Call", lead=lead, owner=bob, due_at=clock.now(), by=bob)

    made = converting.convert(lead, choice=converting.Choice(opening=new_deal()), by=bob)

    assert Activity.objects.get().subject_ref == made.deal.ref
    assert Activity.objects.get().lead == lead


def test_a_conversion_that_fails_leaves_nothing(bob):
    lead = make.lead(bob, email="anna@gmail.com")
    bad = deals.Opening(name="Roof", amount=Decimal(-5), stage=make.stage())

    with pytest.raises(Invalid):
        converting.convert(
            lead, choice=converting.Choice(opening=bad, company_name="Brandt AG"), by=bob
        )

    lead.refresh_from_db()
    assert lead.stage == LeadStage.LEAD
    assert not Company.objects.filter(name="Brandt AG").exists()
    assert not Conversion.objects.exists()


def test_a_trashed_lead_does_not_convert(bob):
    lead = make.lead(bob)
    leads.trash_many(lead_ids=[lead.pk], by=bob)

    with pytest.raises(Conflict, match="gone"):
        converting.convert(lead, choice=converting.Choice(opening=new_deal()), by=bob)


@pytest.mark.django_db(transaction=True)
def test_converting_twice_at_once_opens_one_deal(bob):
    lead = make.lead(bob)
    opening = new_deal()
    start = Barrier(4)

    def convert():
        start.wait()
        converting.convert(lead, choice=converting.Choice(opening=opening), by=bob)
        connection.close()

    threads = [Thread(target=convert) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert Deal.objects.count() == Conversion.objects.count() == 1

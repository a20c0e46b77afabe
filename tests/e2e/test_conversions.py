"""A rep turns a lead into a deal and takes it back; a deal is lost and its person comes back."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from leadflow.kit import clock
from leadflow.models import Disposition, Lead, LeadCycle
from pipeline.models import Deal, DealPerson
from tests.factories import pipeline as make

pytestmark = pytest.mark.e2e


@pytest.fixture
def anna(transactional_db, bob):
    """A lead of bob's at Oakridge, where a deal without a person is open."""
    company = make.company("Oakridge")
    lead = make.lead(
        bob, email="anna@gmail.com", first_name="Anna", last_name="Brandt", company=company
    )
    make.deal(bob, name="Old roof", company=company)
    return lead


def test_a_lead_joins_a_deal_that_is_there_and_is_taken_out_again(page: Page, sign_in, bob, anna):
    sign_in(page, bob)
    page.goto(f"/deals/convert/{anna.pk}/")

    with page.expect_response("**/preview/"):
        page.get_by_label("Join a deal that is there").check()
    with page.expect_response("**/preview/"):
        page.get_by_label("Which deal").select_option(label="Old roof")
    with page.expect_response("**/preview/"):
        page.get_by_label("What the person is to the deal").select_option("champion")
    what = page.get_by_role("region", name="What goes where")
    expect(what).to_contain_text("Old roof (Qualified)")
    expect(what).to_contain_text("Champion")
    page.get_by_role("button", name="Convert the lead").click()

    expect(page).to_have_url(re.compile(r"/deals/\d+/$"))
    deal = Deal.objects.get()
    assert (deal.lead, DealPerson.objects.get().role) == (anna, "champion")

    page.goto(f"/deals/convert/{anna.pk}/undo/")
    expect(page.get_by_text("The deal Old roof stays")).to_be_visible()
    page.get_by_role("button", name="Undo the conversion").click()

    expect(page).to_have_url(re.compile(rf"/leads/{anna.pk}/"))
    deal.refresh_from_db()
    assert (deal.lead, deal.deleted_at) == (None, None)
    assert not DealPerson.objects.exists()


def test_a_lost_deal_sends_its_person_back_until_the_day_that_was_agreed(
    page: Page, sign_in, bob, anna
):
    deal = make.deal(bob, name="New roof", lead=anna)
    make.reason()
    back = (clock.now() + timedelta(days=90)).date()
    sign_in(page, bob)
    page.goto(f"/deals/{deal.pk}/")

    page.get_by_role("link", name="Lost").first.click()
    page.get_by_label("Reason").select_option(label="Timing")
    page.get_by_label("Come back on").fill(back.isoformat())
    page.get_by_role("button", name="Close as lost").click()

    expect(page.locator(".lf-rec-name")).to_contain_text("Lost")
    assert Lead.objects.get(pk=anna.pk).disposition == Disposition.RECYCLED
    assert LeadCycle.objects.filter(lead=anna).latest("number").return_on == back

    page.get_by_role("button", name="Open again").click()

    expect(page.get_by_role("button", name="Open again")).to_have_count(0)
    assert Lead.objects.get(pk=anna.pk).disposition != Disposition.RECYCLED

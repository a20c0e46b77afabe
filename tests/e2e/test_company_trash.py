"""Companies thrown away from the list in the browser: asked first, taken back, found in the trash."""

import re

import pytest
from playwright.sync_api import Page, expect

from leadflow.models import Company
from tests.factories.core import a_company
from tests.factories.pipeline import customer as a_customer

pytestmark = pytest.mark.e2e


def test_ticked_companies_are_counted_first_then_thrown_away_and_taken_back(
    page: Page, sign_in, alice, axe, fits
):
    going, stays = a_company("Acme", domain="acme.example"), a_company("Bought")
    a_customer(company=stays)
    sign_in(page, alice)
    page.goto("/companies/")
    for name in ("Acme", "Bought"):
        page.get_by_role("checkbox", name=name).check()

    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_text("1 company goes to the trash")).to_be_visible()
    expect(page.get_by_text("1 stays because it is or was a customer")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_role("button", name="Delete 1 company").press("Enter")

    expect(page).to_have_url(re.compile("/companies/$"))
    expect(page.get_by_role("status")).to_contain_text("1 company is in the trash")
    assert list(Company.objects.living()) == [stays]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("1 company is back")
    assert set(Company.objects.living()) == {going, stays}


def test_a_company_is_thrown_away_on_its_page_and_taken_out_of_the_trash(
    page: Page, sign_in, alice, axe, fits
):
    acme = a_company("Acme", domain="acme.example")
    sign_in(page, alice)
    page.goto(acme.get_absolute_url())
    page.locator(".lf-top").get_by_label("More").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete the company").click()
    expect(page.get_by_role("status")).to_contain_text("Acme is in the trash")

    page.goto("/companies/trash/")
    axe(page)
    fits(page)
    page.get_by_role("link", name="Acme").click()
    expect(page.get_by_text("In the trash since")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_role("button", name="Take out of the trash").click()

    expect(page.get_by_role("status")).to_contain_text("Back, as it was")
    expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()

"""Lists in the browser: sorted by several columns, and what was done to many taken back."""

import re

import pytest
from playwright.sync_api import Page, expect

from leadflow.models import Lead, LeadStage
from leadflow.services import notes
from tests.factories.core import a_lead

pytestmark = pytest.mark.e2e


def test_shift_and_a_press_on_a_head_sorts_further(page: Page, sign_in, alice):
    a_lead()
    sign_in(page, alice)
    page.goto("/leads/?sort=name")

    page.get_by_role("link", name="Last touch").click(modifiers=["Shift"])

    expect(page).to_have_url(re.compile("sort=name%2C"))
    expect(page.locator("th[aria-sort]")).to_have_count(1)
    expect(page.locator(".lf-sort-place")).to_have_text(["1", "2"])


def test_an_order_of_several_columns_is_made_without_shift(page: Page, sign_in, alice):
    a_lead()
    sign_in(page, alice)
    page.goto("/leads/?sort=name")

    page.get_by_label("Choose columns").first.click()
    page.locator(".lf-menu-panel:visible").get_by_role("link", name="Score").click()

    expect(page).to_have_url(re.compile("sort=name%2C"))


def test_leads_given_away_on_a_phone_are_back_by_the_button_of_the_toast(
    page: Page, sign_in, alice, bob, mia
):
    lead = a_lead(first_name="Ann", last_name="Lee", owner=bob)
    sign_in(page, alice)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/leads/")
    page.get_by_role("checkbox", name="Ann Lee").check()
    page.get_by_role("button", name="Assign").click()
    page.get_by_label("Owner").last.select_option(label=mia.name)
    page.locator("dialog[open]").get_by_role("button", name="Assign").click()
    expect(page.get_by_role("status")).to_contain_text("is now")

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("status")).to_contain_text("1 lead is as it was")
    assert Lead.objects.get(pk=lead.pk).owner == bob


def test_the_story_of_a_lead_shows_which_part_of_it_is_told(page: Page, sign_in, bob):
    lead = a_lead(owner=bob)
    notes.add(text="They want batteries", lead=lead, by=bob)
    sign_in(page, bob)
    page.goto(lead.get_absolute_url())
    parts = page.get_by_role("search", name="What to show")
    expect(parts.get_by_role("radio", name="All", exact=True)).to_be_checked()

    parts.get_by_text("Calls", exact=True).click()

    expect(page.locator("#story")).not_to_contain_text("batteries")
    expect(parts.get_by_role("radio", name="Calls")).to_be_checked()
    parts.get_by_text("All", exact=True).click()
    page.get_by_placeholder("Find in this story").fill("batteries")
    expect(page.locator("#story")).to_contain_text("They want batteries")


def test_on_a_phone_the_board_begins_where_somebody_stands(page: Page, sign_in, bob):
    a_lead(owner=bob, first_name="Ann", last_name="Lee", stage=LeadStage.MQL)
    sign_in(page, bob)
    page.set_viewport_size({"width": 390, "height": 800})

    page.goto("/leads/board/")

    expect(page.get_by_role("button", name=re.compile("^MQL"))).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_role("link", name="Ann Lee")).to_be_visible()

"""The daily ways without a mouse: open a lead, move a card, answer a hand-over, jump, put off."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from leadflow.handover import services as handovers
from leadflow.kit import clock
from leadflow.models import LeadStage
from leadflow.services import activities, leads
from pipeline.models import Deal
from tests.e2e.focus import unseen_stops
from tests.factories import pipeline as make
from tests.factories.core import a_lead

STOPS = 80


def tab_to(page: Page, goal: Locator) -> None:
    """Tab until the control has the focus, as somebody without a mouse does."""
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        if goal.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"not reached in {STOPS} stops")


def test_a_lead_is_opened_from_the_list_by_j_and_enter(page: Page, sign_in, bob):
    lead = a_lead(first_name="Ann", last_name="Mine", owner=bob)
    sign_in(page, bob)
    page.goto("/leads/")

    page.keyboard.press("j")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"{lead.get_absolute_url()}$"))
    expect(page.get_by_role("heading", name="Ann Mine", level=1)).to_be_visible()


def test_every_stop_of_the_lead_list_shows_that_it_has_the_focus(page: Page, sign_in, bob):
    a_lead(owner=bob)
    sign_in(page, bob)
    page.goto("/leads/")

    seen, bare = unseen_stops(page, STOPS)

    assert seen > 20
    assert not bare, "\n".join(bare)


def test_a_card_moves_by_its_menu_with_keys_alone_and_the_focus_stays_with_it(
    page: Page, sign_in, bob
):
    deal = make.deal(bob, name="Carport")
    sign_in(page, bob)
    page.goto("/deals/")

    tab_to(page, page.get_by_role("button", name="Carport: Move to…"))
    page.keyboard.press("Enter")
    goal = page.get_by_role("dialog", name="Move Carport to").get_by_role(
        "button", name="Discovery"
    )
    expect(goal).to_be_visible()
    if not goal.evaluate("one => one === document.activeElement"):
        tab_to(page, goal)
    with page.expect_response("**/move/"):
        page.keyboard.press("Enter")

    column = page.locator('[data-column][data-name="Discovery"]')
    expect(column.get_by_role("link", name="Carport")).to_be_focused()
    assert Deal.objects.get(pk=deal.pk).stage.name == "Discovery"


def test_a_hand_over_is_accepted_with_tab_and_enter(page: Page, sign_in, bob):
    lead = a_lead(first_name="Ann", last_name="Ready", owner=bob)
    leads.advance(lead, to=LeadStage.MQL, by=None)
    offer = handovers.open_many(lead_ids=[lead.pk], why="A1")[0]
    sign_in(page, bob)
    page.goto("/hand-overs/")

    tab_to(page, page.get_by_role("button", name="Accept"))
    with page.expect_navigation():
        page.keyboard.press("Enter")

    offer.refresh_from_db()
    assert offer.state == "accepted"


def test_the_palette_finds_a_person_and_opens_her_by_keys(page: Page, sign_in, bob):
    lead = a_lead(first_name="Zoë", last_name="Müller", owner=bob)
    sign_in(page, bob)
    page.goto("/companies/")

    page.keyboard.press("Control+k")
    page.keyboard.type("zoe mul")
    expect(page.locator("#lf-palette-results")).to_contain_text("Zoë Müller")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"{lead.get_absolute_url()}$"))


def test_the_palette_presses_the_buttons_of_the_page(page: Page, sign_in, bob):
    sign_in(page, bob)
    page.goto(a_lead(owner=bob).get_absolute_url())

    page.keyboard.press("Control+k")
    page.keyboard.type(">to-do")
    expect(page.locator("#lf-palette-results")).to_contain_text("On this page")
    page.keyboard.press("Enter")

    expect(page.locator("dialog#todo")).to_be_visible()


def test_the_palette_leads_to_a_dialog_of_another_page(page: Page, sign_in, alice):
    sign_in(page, alice)
    page.goto("/companies/")

    page.keyboard.press("Control+k")
    page.keyboard.type(">make form")
    expect(page.locator("#lf-palette-results")).to_contain_text("Make a form")
    page.keyboard.press("Enter")

    expect(page.locator("dialog#lf-new-form")).to_be_visible()


def test_a_value_is_changed_in_the_list_by_keys(page: Page, sign_in, bob):
    row = make.deal(owner=bob, name="Roof", amount=Decimal(1200))
    sign_in(page, bob)
    page.goto("/deals/list/")

    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("[data-editing] input[name=value]")).to_have_value("Roof")
    page.keyboard.type("Roof and storage")
    page.keyboard.press("Tab")
    expect(page.locator("[data-editing] select")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("[data-editing] input[type=number]")).to_be_focused()
    page.keyboard.type("950")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="Roof and storage")).to_be_focused()
    row.refresh_from_db()
    assert (row.name, row.amount) == ("Roof and storage", 950)


def test_a_step_is_put_off_from_my_day_by_keys(page: Page, sign_in, bob):
    step = activities.plan(
        kind="call", subject="Ring", lead=a_lead(owner=bob), owner=bob,
        due_at=clock.now() - timedelta(hours=1), by=bob,
    )  # fmt: skip
    sign_in(page, bob)
    page.goto("/my-day/")

    tab_to(page, page.locator("[data-queue-row]").get_by_role("button", name="Later:"))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="All done for today")).to_be_visible()
    step.refresh_from_db()
    assert step.due_at > clock.now()

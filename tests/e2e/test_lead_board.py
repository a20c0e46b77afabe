"""The board of leads by keys, by menu and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from leadflow.models import Lead, LeadStage
from tests.factories.core import a_lead


@pytest.fixture
def ann(transactional_db, bob):
    return a_lead(
        owner=bob, first_name="Ann", last_name="Lee", email="ann@a.example", stage=LeadStage.MQL
    )


def column(page: Page, key: str):
    return page.locator(f'[data-column="{key}"]')


def stage() -> str:
    return Lead.objects.get(last_name="Lee").stage


def test_a_lead_moves_by_keys_to_what_may_follow_and_back_by_undo(page: Page, sign_in, ann, bob):
    sign_in(page, bob)
    page.goto("/leads/board/")
    page.get_by_role("link", name="Ann Lee").focus()

    with page.expect_response("**/move/"):
        page.keyboard.press("Alt+ArrowRight")
    expect(column(page, "sal").get_by_role("link", name="Ann Lee")).to_be_focused()
    assert stage() == "sal"
    page.get_by_role("button", name="Undo").click()

    expect(column(page, "mql").get_by_role("link", name="Ann Lee")).to_be_visible()
    assert stage() == "mql"


def test_keys_and_menu_tell_where_a_lead_cannot_go(page: Page, sign_in, ann, bob):
    Lead.objects.update(stage=LeadStage.LEAD)
    sign_in(page, bob)
    page.goto("/leads/board/")
    page.get_by_role("link", name="Ann Lee").focus()

    page.keyboard.press("Alt+ArrowLeft")
    expect(page.locator("#lf-board-live")).to_contain_text("Ann Lee cannot go to Subscriber")
    page.get_by_role("button", name="Ann Lee: Move to…").click()

    menu = page.locator("#lf-board-move")
    expect(menu.get_by_role("button", name="Subscriber")).to_be_disabled()
    expect(menu).to_contain_text("does not follow")
    assert stage() == "lead"


def test_on_a_phone_a_lead_moves_by_menu(page: Page, sign_in, fits, ann, bob):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, bob)
    page.goto("/leads/board/")

    page.locator('[data-tab="mql"]').click()
    page.get_by_role("button", name="Ann Lee: Move to…").click()
    with page.expect_response("**/move/"):
        page.locator("#lf-board-move").get_by_role("button", name="Accepted").click()
    page.locator('[data-tab="sal"]').click()

    expect(page.get_by_role("link", name="Ann Lee")).to_be_visible()
    fits(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_board_of_leads_passes_axe(page: Page, sign_in, axe, ann, bob, theme):
    bob.theme = theme
    bob.save()
    sign_in(page, bob)
    page.goto("/leads/board/")

    axe(page)


def test_a_card_is_changed_by_keys_and_gets_the_focus_back(page: Page, sign_in, ann, bob):
    sign_in(page, bob)
    page.goto("/leads/board/")
    page.get_by_role("link", name="Ann Lee").focus()
    page.keyboard.press("e")
    title = page.get_by_label("Job title")
    expect(title).to_be_focused()

    title.fill("Head of roofs")
    with page.expect_response("**/quick/"):
        page.keyboard.press("Enter")

    expect(page.locator("[data-card]")).to_contain_text("Head of roofs")
    expect(page.get_by_role("link", name="Ann Lee")).to_be_focused()


def test_somebody_new_is_added_at_the_top_of_a_column(page: Page, sign_in, console, ann, bob):
    sign_in(page, bob)
    page.goto("/leads/board/")
    column(page, "sql").get_by_role("link", name="New in SQL").click()
    expect(page.get_by_label("Name")).to_be_focused()

    page.get_by_label("Name").fill("Max Moe")
    page.get_by_role("textbox", name="Email").fill("nonsense")
    with page.expect_response("**/add/**"):
        page.keyboard.press("Enter")
    expect(column(page, "sql").get_by_role("textbox", name="Email")).to_have_value("nonsense")
    console.clear()  # the browser reports the 422
    page.get_by_role("textbox", name="Email").fill("max@a.example")
    with page.expect_response("**/add/**"):
        page.keyboard.press("Enter")

    expect(column(page, "sql").get_by_role("link", name="Max Moe")).to_be_visible()
    expect(page.locator("[data-card-form]")).to_have_count(0)
    assert Lead.objects.get(last_name="Moe").stage == "sql"


def test_leaving_the_form_of_a_column_keeps_nothing(page: Page, sign_in, ann, bob):
    sign_in(page, bob)
    page.goto("/leads/board/")
    column(page, "mql").get_by_role("link", name="New in MQL").click()
    page.get_by_label("Name").fill("Max Moe")

    page.keyboard.press("Escape")

    expect(page.locator("[data-card-form], [data-new-card]")).to_have_count(0)
    expect(column(page, "mql").get_by_role("link", name="New in MQL")).to_be_focused()
    assert Lead.objects.count() == 1

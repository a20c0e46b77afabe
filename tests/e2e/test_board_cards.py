"""Cards changed in their place, columns folded, a board narrowed by a rule: by hand and by keys."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from pipeline.models import Deal
from pipeline.services import deals
from tests.factories import pipeline as make


@pytest.fixture
def roof(transactional_db, bob):
    make.deal(bob, name="Kiln", stage=make.stage("Proposal"), amount=Decimal(64400))
    return make.deal(bob, name="Rooftop 96 kWp", amount=Decimal(81600))


@pytest.fixture
def board(page: Page, sign_in, roof, bob) -> Page:
    sign_in(page, bob)
    page.goto("/deals/")
    return page


def card(page: Page, name: str):
    return page.locator("[data-card]").filter(has_text=name)


def test_a_card_is_changed_by_keys_and_gets_the_focus_back(board: Page, roof):
    card(board, "Rooftop").get_by_role("link").focus()
    board.keyboard.press("e")
    amount = board.get_by_label("Amount in EUR")
    expect(amount).to_be_focused()

    amount.fill("90000")
    with board.expect_response("**/quick/"):
        board.keyboard.press("Enter")

    expect(card(board, "Rooftop")).to_contain_text("€90,000")
    expect(card(board, "Rooftop").get_by_role("link")).to_be_focused()
    assert Deal.objects.get(pk=roof.pk).amount == Decimal(90000)


def test_escape_leaves_the_card_as_it_was(board: Page, roof):
    board.get_by_role("button", name="Rooftop 96 kWp: Change").click()
    board.get_by_label("Amount in EUR").fill("1")
    board.keyboard.press("Escape")

    expect(card(board, "Rooftop")).to_contain_text("€81,600")
    expect(board.locator("[data-card-form]")).to_have_count(0)


def test_a_form_on_a_card_stays_while_others_move_cards(board: Page, roof, mia):
    board.get_by_role("button", name="Rooftop 96 kWp: Change").click()
    board.get_by_label("Amount in EUR").fill("77")
    deals.move(Deal.objects.get(name="Kiln"), to=make.stage("Contract"), by=mia)
    board.wait_for_timeout(2_000)

    expect(board.get_by_label("Amount in EUR")).to_have_value("77")


def test_a_wrong_amount_is_told_on_the_card(board: Page, roof, console):
    board.get_by_role("button", name="Rooftop 96 kWp: Change").click()
    board.get_by_label("Amount in EUR").fill("-4")
    board.get_by_role("button", name="Keep").click()

    expect(card(board, "Rooftop").locator(".lf-error").first).to_be_visible()
    console.clear()  # Chromium logs the 422 itself


def test_a_folded_column_is_folded_after_a_reload_and_takes_a_card(board: Page, roof):
    proposal = board.locator('[data-column][data-name="Proposal"]')
    with board.expect_response("**/me/board/"):
        proposal.get_by_role("button", name="Cards of Proposal").press("Enter")
    board.reload()

    expect(proposal.get_by_text("Kiln")).to_be_hidden()
    card(board, "Rooftop").get_by_role("link").focus()
    board.keyboard.press("Alt+ArrowRight")
    discovery = board.locator('[data-column][data-name="Discovery"]')
    expect(discovery.locator("h2")).to_contain_text("1")
    expect(discovery.get_by_role("link", name="Rooftop 96 kWp")).to_be_focused()
    board.keyboard.press("Alt+ArrowRight")
    expect(proposal.locator("h2")).to_contain_text("2")
    expect(proposal.get_by_role("button", name="Cards of Proposal")).to_be_focused()


def test_a_rule_is_built_on_the_board_and_taken_off_again(board: Page, roof):
    board.get_by_role("button", name="Rule", exact=True).click()
    dialog = board.locator("#rule-filter")
    expect(dialog.get_by_role("button", name="Condition", exact=True)).to_be_visible()
    board.goto('/deals/?rule={"all":[{"field":"deal.base_amount","op":"more_than","value":70000}]}')

    expect(board.locator("[data-card]")).to_have_count(1)
    board.get_by_role("link", name="Remove the rule").click()
    expect(board.locator("[data-card]")).to_have_count(2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_form_on_a_card_passes_axe(board: Page, axe, bob, theme):
    bob.theme = theme
    bob.save()
    board.goto("/deals/")
    board.get_by_role("button", name="Rooftop 96 kWp: Change").click()
    expect(board.get_by_label("Amount in EUR")).to_be_visible()

    axe(board)

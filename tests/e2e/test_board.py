"""The board as people work it: mouse, keys, menu, touch-size screen, two people at once."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from pipeline.models import Deal
from pipeline.services import deals, pipelines
from tests.factories import pipeline as make


@pytest.fixture
def roof(transactional_db, bob):
    """A deal of bob's in Qualified, over another one."""
    make.deal(bob, name="Carport", amount=Decimal(31000))
    make.deal(bob, name="Kiln", stage=make.stage("Proposal"), amount=Decimal(64400))
    return make.deal(
        bob, name="Rooftop 96 kWp", amount=Decimal(81600), company=make.company("Oakridge")
    )


@pytest.fixture
def board(page: Page, sign_in, roof, bob) -> Page:
    """Bob's board in his own order."""
    sign_in(page, bob)
    page.goto("/deals/?sort=rank")
    return page


def column(page: Page, name: str):
    return page.locator(f'[data-column][data-name="{name}"]')


def card(page: Page, name: str):
    return page.locator("[data-card]").filter(has_text=name)


def drag(page: Page, what, to, *, steps: int = 12, place=None) -> None:
    """By the mouse, step by step, as a hand does it."""
    start, goal = what.bounding_box(), to.bounding_box()
    x, y = place or (goal["x"] + goal["width"] / 2, goal["y"] + 60)
    page.mouse.move(start["x"] + 60, start["y"] + 45)
    page.mouse.down()
    page.mouse.move(start["x"] + 70, start["y"] + 50, steps=3)
    page.mouse.move(x, y, steps=steps)
    page.wait_for_timeout(150)
    page.mouse.move(x, y + 2, steps=2)
    page.wait_for_timeout(150)
    page.mouse.up()


def stage_of(deal) -> str:
    return Deal.objects.select_related("stage").get(pk=deal.pk).stage.name


def test_a_card_is_dragged_to_another_stage_and_the_move_taken_back(board: Page, roof):
    with board.expect_response("**/move/"):
        drag(board, card(board, "Rooftop"), column(board, "Discovery"))

    expect(column(board, "Discovery").get_by_text("Rooftop 96 kWp")).to_be_visible()
    expect(column(board, "Discovery").locator("h2")).to_have_text("Discovery 1")
    assert stage_of(roof) == "Discovery"

    board.get_by_role("button", name="Undo").click()

    expect(column(board, "Qualified").get_by_text("Rooftop 96 kWp")).to_be_visible()
    assert stage_of(roof) == "Qualified"


def test_a_card_keeps_the_place_where_it_was_dropped(board: Page, roof):
    carport = card(board, "Carport").bounding_box()

    with board.expect_response("**/move/"):
        drag(board, card(board, "Rooftop"), column(board, "Qualified"),
             place=(carport["x"] + 80, carport["y"] + carport["height"] - 4))  # fmt: skip
    board.reload()

    names = column(board, "Qualified").locator(".lf-bcard-name").all_text_contents()
    assert names == ["Carport", "Rooftop 96 kWp"]


def test_a_card_moves_by_keys_and_keeps_the_focus(board: Page, roof):
    card(board, "Rooftop").get_by_role("link").focus()

    with board.expect_response("**/move/"):
        board.keyboard.press("Alt+ArrowRight")

    expect(column(board, "Discovery").get_by_role("link", name="Rooftop 96 kWp")).to_be_focused()
    expect(board.locator("#lf-board-live")).to_contain_text("moved to Discovery")
    assert stage_of(roof) == "Discovery"


def test_keys_order_cards_within_a_stage(board: Page, roof):
    card(board, "Rooftop").get_by_role("link").focus()

    with board.expect_response("**/move/"):
        board.keyboard.press("Alt+ArrowDown")

    expect(column(board, "Qualified").locator(".lf-bcard-name").first).to_have_text("Carport")


def test_a_card_moves_by_its_menu(board: Page, roof):
    board.get_by_role("button", name="Rooftop 96 kWp: Move to…").click()
    menu = board.get_by_role("dialog", name="Move Rooftop 96 kWp to")

    with board.expect_response("**/move/"):
        menu.get_by_role("button", name="Negotiation").click()

    expect(column(board, "Negotiation").get_by_text("Rooftop 96 kWp")).to_be_visible()
    assert stage_of(roof) == "Negotiation"


def test_won_asks_the_amount_before_anything_moves(board: Page, roof, console):
    Deal.objects.filter(pk=roof.pk).update(amount=None, base_amount=None)
    board.get_by_role("button", name="Rooftop 96 kWp: Move to…").click()
    board.locator("#lf-board-move").get_by_role("button", name="Won").click()
    dialog = board.locator("#lf-board-dialog")
    expect(dialog).to_contain_text("Won Rooftop 96 kWp?")

    dialog.get_by_role("button", name="Close as won").click()
    expect(dialog.locator(".lf-error")).to_be_visible()
    assert stage_of(roof) == "Qualified"
    dialog.get_by_label("Amount in EUR").fill("80000")
    dialog.get_by_role("button", name="Close as won").click()

    expect(dialog).to_be_hidden()
    expect(card(board, "Rooftop")).to_have_count(0)
    won = Deal.objects.get(pk=roof.pk)
    assert (won.status, won.amount) == ("won", Decimal(80000))
    console.clear()  # Chromium logs the 422 itself


def test_a_stage_asks_by_keys_what_it_needs_before_the_card_moves(board: Page, roof, console):
    stage = make.stage("Discovery")
    values = {"name": "Discovery", "probability": 40, "required": ["expected_close_on"],
              "checklist": ["Budget is confirmed"]}  # fmt: skip
    pipelines.change_stage(stage, values=values, by=None)
    card(board, "Rooftop").get_by_role("link").focus()

    board.keyboard.press("Alt+ArrowRight")

    dialog = board.locator("#lf-board-dialog")
    expect(dialog).to_contain_text("Before Rooftop 96 kWp moves to Discovery")
    expect(column(board, "Qualified").get_by_text("Rooftop 96 kWp")).to_be_visible()
    assert stage_of(roof) == "Qualified"
    expect(dialog.get_by_label("Expected close")).to_be_focused()
    dialog.get_by_label("Expected close").fill("2030-05-01")
    dialog.get_by_label("Budget is confirmed").focus()
    board.keyboard.press("Space")
    board.keyboard.press("Enter")

    expect(dialog).to_be_hidden()
    expect(column(board, "Discovery").get_by_role("link", name="Rooftop 96 kWp")).to_be_focused()
    assert stage_of(roof) == "Discovery"


def test_cards_picked_by_keys_move_together_and_come_back(board: Page, roof):
    card(board, "Rooftop").get_by_role("link").focus()
    board.keyboard.press("x")
    card(board, "Carport").get_by_role("link").focus()
    board.keyboard.press("Shift+X")
    expect(board.locator("#lf-board-bulk")).to_contain_text("2 picked")

    board.locator("#lf-board-bulk").get_by_role("button", name="Move to…").focus()
    board.keyboard.press("Enter")
    menu = board.get_by_role("dialog", name="Move 2 cards to")
    menu.get_by_role("button", name="Negotiation").focus()
    board.keyboard.press("Enter")

    expect(column(board, "Negotiation").locator("[data-card]")).to_have_count(2)
    expect(board.locator("#lf-board-bulk")).to_be_hidden()
    board.get_by_role("button", name="Undo").click()
    expect(column(board, "Qualified").locator("[data-card]")).to_have_count(2)


def test_a_card_dropped_on_lost_stays_until_the_reason_is_said(board: Page, roof):
    zone = board.locator('[data-zone="lose/"]')
    start = card(board, "Rooftop").bounding_box()
    board.mouse.move(start["x"] + 60, start["y"] + 45)
    board.mouse.down()
    board.mouse.move(start["x"] + 90, start["y"] + 90, steps=5)
    expect(zone).to_be_visible()
    goal = zone.bounding_box()
    board.mouse.move(goal["x"] + 80, goal["y"] + 26, steps=14)
    board.wait_for_timeout(200)
    board.mouse.move(goal["x"] + 84, goal["y"] + 28, steps=3)
    board.wait_for_timeout(200)
    board.mouse.up()
    dialog = board.locator("#lf-board-dialog")

    expect(dialog).to_contain_text("Lost Rooftop 96 kWp?")
    expect(column(board, "Qualified").get_by_text("Rooftop 96 kWp")).to_be_visible()
    dialog.get_by_label("Reason").select_option(label="Price")
    dialog.get_by_role("button", name="Close as lost").click()

    expect(card(board, "Rooftop")).to_have_count(0)
    assert Deal.objects.get(pk=roof.pk).lost_reason.name == "Price"


def test_what_one_moves_the_other_sees_within_two_seconds(
    board: Page, roof, browser, browser_context_args, sign_in, mia
):
    context = browser.new_context(**browser_context_args)
    other = context.new_page()
    sign_in(other, mia)
    other.goto("/deals/?sort=rank")
    expect(column(other, "Qualified").get_by_text("Rooftop 96 kWp")).to_be_visible()

    with board.expect_response("**/move/"):
        drag(board, card(board, "Rooftop"), column(board, "Negotiation"))

    expect(column(other, "Negotiation").get_by_text("Rooftop 96 kWp")).to_be_visible(timeout=2500)
    context.close()


def test_a_move_over_somebody_elses_is_told_and_not_made(board: Page, roof, mia, console):
    board.route("**/deals/?*since=*", lambda route: route.fulfill(status=204))
    deals.move(roof, to=make.stage("Negotiation"), by=mia)
    board.evaluate("document.title")

    drag(board, card(board, "Rooftop"), column(board, "Proposal"))

    expect(board.locator("#lf-notices")).to_contain_text("Mia moved this deal to Negotiation")
    board.unroute("**/deals/?*since=*")
    expect(column(board, "Negotiation").get_by_text("Rooftop 96 kWp")).to_be_visible()
    assert stage_of(roof) == "Negotiation"
    console.clear()  # Chromium logs the 409 itself


def test_more_cards_come_by_button_and_stay_when_the_board_is_read_again(
    page: Page, sign_in, bob, mia
):
    for number in range(55):
        deal = make.deal(bob, name=f"Deal {number:02}")
    sign_in(page, bob)
    page.goto("/deals/?sort=rank")

    page.get_by_role("button", name="Show 5 more").click()
    expect(column(page, "Qualified").locator("[data-card]")).to_have_count(55)
    deals.move(deal, to=make.stage("Contract"), by=mia)

    expect(column(page, "Contract").locator("[data-card]")).to_have_count(1)
    expect(column(page, "Qualified").locator("[data-card]")).to_have_count(54)


def test_a_phone_shows_one_stage_with_tabs_and_moves_by_menu(page: Page, sign_in, fits, bob, roof):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, bob)
    page.goto("/deals/")

    expect(column(page, "Qualified")).to_be_visible()
    expect(column(page, "Proposal")).to_be_hidden()
    page.get_by_role("button", name="Proposal 1").click()
    expect(card(page, "Kiln")).to_be_visible()
    page.get_by_role("button", name="Kiln: Move to…").click()
    with page.expect_response("**/move/"):
        page.locator("#lf-board-move").get_by_role("button", name="Contract", exact=True).click()

    page.get_by_role("button", name="Contract 1").click()
    expect(card(page, "Kiln")).to_be_visible()
    fits(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_board_list_and_deal_pass_axe(page: Page, sign_in, axe, alice, roof, theme):
    alice.theme = theme
    alice.save()
    sign_in(page, alice)

    for url in ("/deals/", "/deals/list/", f"/deals/{roof.pk}/", f"/deals/{roof.pk}/win/", "/deals/new/",
                "/settings/pipelines/", f"/settings/pipelines/{roof.pipeline_id}/"):  # fmt: skip
        page.goto(url)
        axe(page)


@pytest.mark.parametrize("width", [320, 1000])
def test_no_page_of_deals_scrolls_sideways(page: Page, sign_in, fits, alice, roof, width):
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, alice)

    for url in (
        "/deals/",
        "/deals/list/",
        f"/deals/{roof.pk}/",
        f"/deals/{roof.pk}/lose/",
        "/deals/new/",
    ):
        page.goto(url)
        fits(page)


def test_a_card_is_dragged_by_touch_after_a_short_hold(page: Page, sign_in, bob, roof):
    page.set_viewport_size({"width": 1000, "height": 800})
    sign_in(page, bob)
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.goto("/deals/?sort=rank")
    start, goal = card(page, "Rooftop").bounding_box(), column(page, "Discovery").bounding_box()
    x, y = start["x"] + 60, start["y"] + 45

    def send(kind, points):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", [{"x": x, "y": y}])
    expect(page.locator("[data-card].sortable-chosen")).to_have_count(1)
    for step in range(1, 13):
        send("touchMove", [{"x": x + (goal["x"] + 100 - x) * step / 12, "y": y + 8 * step / 12}])
        page.wait_for_timeout(30)
    expect(column(page, "Discovery").locator(".sortable-chosen")).to_be_visible()
    with page.expect_response("**/move/"):
        send("touchEnd", [])

    expect(column(page, "Discovery").get_by_text("Rooftop 96 kWp")).to_be_visible()
    assert stage_of(roof) == "Discovery"

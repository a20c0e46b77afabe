"""Steps are dragged by mouse and finger, copied and cut by keys, and nothing that was typed is lost."""

import re

import pytest
from playwright.sync_api import Page, expect

from nurturing.services import sequences
from tests.e2e.dragging import drag, middle
from tests.factories.nurturing import (
    a_sequence,
    condition,
    lawful,
    mail_step,
    todo_step,
    wait_step,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures"),  # of pytest-base-url
]


@pytest.fixture
def branching(transactional_db):
    asks = condition(yes=[todo_step("Call")], no=[mail_step("Case")]) | {"title": "In Germany?"}
    return a_sequence(mail_step("First"), asks, mail_step("Last"), publish=False)


@pytest.fixture
def builder(page: Page, sign_in, max, branching) -> Page:
    sign_in(page, max)
    page.goto(branching.get_absolute_url())
    return page


def card(page: Page, title: str):
    return page.locator("[data-step]").filter(has_text=title)


def order(sequence):
    """What the draft says, as a nested list of titles."""

    def name(step):
        return step.get("subject") or step.get("title") or step["type"]

    def told(steps):
        return [
            [name(one), told(one["yes"]), told(one["no"])] if one["type"] == "condition" else name(one)
            for one in steps
        ]  # fmt: skip

    return told(sequence.rule_set.versions.latest("number").document["steps"])


def gap(page: Page, place: str):
    return page.locator(f'[data-place="{place}"]')


def place_in(sequence, title: str, way: str, at: int) -> str:
    steps = sequence.rule_set.versions.latest("number").document["steps"]
    holder = next(one for one in steps if one.get("title") == title)
    return f"{holder['id']}.{way}.{at}"


# --- Dragged ---------------------------------------------------------------------------------------------


def test_a_step_is_dragged_into_a_way_and_the_move_taken_back(builder, branching):
    page, into = builder, place_in(branching, "In Germany?", "yes", 1)

    with page.expect_response("**/move/"):
        drag(page, card(page, "First"), gap(page, into))

    expect(page.get_by_label("Yes", exact=True)).to_contain_text("First")
    expect(page.locator("#lf-flow-told")).to_have_text("Moved: 1 Yes 2, First.")
    assert order(branching) == [["In Germany?", ["Call", "First"], ["Case"]], "Last"]
    expect(card(page, "First")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator("[data-step]").first).to_contain_text("First")
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_label("Yes", exact=True)).to_contain_text("First")


def test_a_question_is_dragged_with_its_ways_and_not_into_itself(builder, branching):
    page, inside = builder, place_in(branching, "In Germany?", "no", 0)

    drag(page, card(page, "In Germany?"), gap(page, inside))
    assert order(branching)[1][0] == "In Germany?"
    with page.expect_response("**/move/"):
        drag(page, card(page, "In Germany?"), gap(page, "..0"))

    expect(page.locator("[data-step]").first).to_contain_text("In Germany?")
    assert order(branching) == [["In Germany?", ["Call"], ["Case"]], "First", "Last"]


def test_a_step_that_is_let_go_far_from_every_line_stays(builder, branching):
    page, before = builder, order(branching)
    (x, y), (to_x, to_y) = middle(card(page, "First").bounding_box()), middle(gap(page, "..2").bounding_box())  # fmt: skip
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 8, y + 8, steps=4)
    page.mouse.move(to_x, to_y, steps=14)
    expect(gap(page, "..2").locator("[data-step]")).to_have_count(1)
    page.mouse.move(to_x - 300, to_y + 200, steps=8)
    page.mouse.up()

    expect(page.locator("html.lf-dragging")).to_have_count(0)
    expect(gap(page, "..2").locator("[data-step]")).to_have_count(0)
    expect(page.locator("[data-step]").first).to_contain_text("First")
    assert order(branching) == before


def test_a_step_is_dragged_from_the_palette_onto_a_line(builder, branching, axe):
    page = builder
    page.get_by_role("button", name="Palette", exact=True).click()
    dock = page.get_by_role("complementary", name="Palette")
    axe(page)

    with page.expect_response("**/steps/"):
        drag(page, dock.get_by_role("button", name="Call", exact=True), gap(page, "..1"))

    expect(page.get_by_label("What is to be done")).to_be_focused()
    assert order(branching)[1] == "todo"
    page.reload()
    expect(dock).to_be_visible()  # it stays where it was put


def test_a_step_is_dragged_by_a_finger_after_a_short_hold(builder, branching):
    page = builder
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.reload()
    (x, y), (to_x, to_y) = (
        middle(one.bounding_box()) for one in (card(page, "First"), gap(page, "..2"))
    )

    def send(kind, *points):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})  # fmt: skip

    with page.expect_response("**/move/"):
        send("touchStart", (x, y))
        page.wait_for_timeout(300)
        for step in range(1, 15):
            send("touchMove", (x + (to_x - x) * step / 14, y + (to_y - y) * step / 14))
            page.wait_for_timeout(20)
        page.wait_for_timeout(200)
        send("touchEnd")

    expect(page.locator("[data-step]").last).to_be_visible()
    assert [one if isinstance(one, str) else one[0] for one in order(branching)] == ["In Germany?", "First", "Last"]  # fmt: skip


# --- Copied, cut, put in ------------------------------------------------------------------------------------


def test_a_branch_is_copied_into_another_sequence_by_keys_alone(builder, branching):
    page = builder
    other = a_sequence(wait_step(1), name="Other", publish=False)
    card(page, "In Germany?").focus()
    page.keyboard.press("Control+c")
    expect(page.locator("#lf-flow-told")).to_contain_text("Copied: Condition “In Germany?”.")

    page.goto(other.get_absolute_url())
    card(page, "Wait 1 day").focus()
    page.keyboard.press("Control+v")

    expect(page.locator("#lf-flow-told")).to_contain_text("Put in: 2, In Germany?.")
    expect(card(page, "In Germany?")).to_be_focused()
    assert order(other) == ["wait", ["In Germany?", ["Call"], ["Case"]]]
    page.keyboard.press("Control+x")
    expect(card(page, "In Germany?")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(card(page, "In Germany?")).to_have_count(1)
    page.keyboard.press("Control+d")
    expect(card(page, "In Germany?")).to_have_count(2)
    assert order(branching)[1] == ["In Germany?", ["Call"], ["Case"]]


def test_the_menu_of_a_step_does_the_same_by_mouse_and_on_a_phone(builder, branching, axe, fits):
    page = builder
    card(page, "First").hover()
    page.get_by_role("button", name="More for step 1", exact=True).click()
    axe(page)
    page.get_by_role("button", name="Cut out with all behind it").click()
    expect(page.get_by_text("Begin with a mail")).to_be_visible()
    page.get_by_role("link", name="Add a step here").first.click()
    page.locator("#lf-flow-menu").get_by_role("button", name=re.compile("^Put in")).click()
    expect(page.locator("[data-step]")).to_have_count(5)

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(branching.get_absolute_url())
    fits(page)
    axe(page)
    page.get_by_role("button", name="More for step 3", exact=True).click()
    page.get_by_role("button", name="Duplicate", exact=True).and_(page.locator("[data-do]")).click()
    expect(card(page, "Last")).to_have_count(2)
    page.get_by_role("button", name="More for step 4", exact=True).click()
    page.get_by_role("button", name="Up", exact=True).and_(page.locator("[data-do]")).click()
    expect(page.locator("#lf-flow-told")).to_have_text("Moved: 3, Last.")
    fits(page)


# --- Nothing that was typed is lost ---------------------------------------------------------------------------


def test_a_half_filled_question_is_there_after_a_reload_and_leads_to_itself(builder, branching):
    page = builder
    card(page, "In Germany?").click()
    page.get_by_role("button", name="Condition", exact=True).click()
    row = page.locator("lf-rules .lf-rule-line").last
    row.get_by_label("What to look at", exact=True).select_option(label="City")
    expect(card(page, "In Germany?").locator(".lf-flow-problem")).to_be_visible()
    expect(page.locator("[data-saved]")).to_contain_text("Saved")

    page.reload()
    expect(page.locator("lf-rules .lf-rule-line").last.get_by_label("What to look at", exact=True)).to_have_value("lead.city")  # fmt: skip
    page.get_by_role("link", name="Check before publishing").or_(
        page.get_by_role("link", name="Check", exact=True)
    ).first.click()
    page.get_by_role("link", name=re.compile("^Condition “In Germany")).click()
    page.locator("lf-rules .lf-rule-line").last.get_by_label("Value", exact=True).fill("Bonn")
    expect(card(page, "In Germany?").locator(".lf-flow-problem")).to_have_count(0)


def test_what_the_server_does_not_take_stays_in_the_pane_and_comes_back(
    page: Page, sign_in, max, console
):
    sequence = a_sequence(wait_step(2), mail_step("After"), publish=False)
    sign_in(page, max)
    page.goto(sequence.get_absolute_url())
    card(page, "Wait 2 days").click()
    amount = page.get_by_role("spinbutton", name="Wait")
    amount.fill("99999")
    expect(page.locator("[data-saved]")).to_have_text("Not saved yet")
    expect(page.locator("#div_id_amount .lf-errors")).to_be_visible()

    page.reload()
    expect(amount).to_have_value("99999")
    expect(page.locator("#div_id_amount .lf-errors")).to_be_visible()
    card(page, "After").click()
    expect(page.get_by_label("Subject")).to_have_value("After")
    card(page, "Wait 2 days").click()
    expect(amount).to_have_value("99999")
    amount.fill("3")
    expect(card(page, "Wait 3 days")).to_be_visible()
    page.reload()
    expect(amount).to_have_value("3")
    console.clear()  # the browser names each answer that refuses


# --- Looked at ------------------------------------------------------------------------------------------------


def test_many_steps_are_seen_at_once_and_one_is_read_again(page: Page, sign_in, max):
    sequence = a_sequence(*[mail_step(f"Mail {n}") for n in range(20)], publish=False)
    sign_in(page, max)
    page.goto(sequence.get_absolute_url())

    page.get_by_role("button", name="Fit", exact=True).click()
    now = page.locator("[data-zoom-now]")
    expect(now).not_to_have_text("100 %")
    small = card(page, "Mail 3").bounding_box()["width"]
    card(page, "Mail 3").focus()
    page.keyboard.press("0")
    expect(now).to_have_text("100 %")
    assert card(page, "Mail 3").bounding_box()["width"] > small * 1.2
    page.keyboard.press("-")
    expect(now).to_have_text("80 %")
    card(page, "Mail 3").click()
    expect(page.get_by_label("Subject")).to_be_visible()
    expect(now).to_have_text("80 %")


# --- By keys alone ---------------------------------------------------------------------------------------------


def tab_to(page: Page, target) -> None:
    """As somebody does who has no mouse; what has the focus is in sight."""
    for _press in range(120):
        page.keyboard.press("Tab")
        if target.evaluate("one => one === document.activeElement"):
            expect(target).to_be_in_viewport()
            return
    raise AssertionError(f"{target} is not reached by Tab")


def test_a_sequence_is_made_moved_and_published_without_a_mouse(page: Page, sign_in, max):
    lawful()
    sequence = sequences.create(name="By keys", by=max)
    sign_in(page, max)
    page.goto(sequence.get_absolute_url())

    tab_to(page, page.get_by_role("link", name="Add a step here").first)
    page.keyboard.press("Enter")
    expect(page.locator("#lf-flow-menu").get_by_role("button", name="Email", exact=True)).to_be_focused()  # fmt: skip
    page.keyboard.press("Enter")
    expect(page.get_by_label("Subject")).to_be_focused()
    page.keyboard.type("Good day")
    tab_to(page, page.get_by_label("Message"))
    page.keyboard.type("Here it is.")
    expect(card(page, "Good day")).to_be_visible()
    page.keyboard.press("Escape")
    expect(card(page, "Good day")).to_be_focused()

    page.keyboard.press("m")
    expect(page.locator("#lf-step-menu [data-do=up]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card(page, "Good day")).to_be_focused()
    page.keyboard.press("m")
    for _one in range(2):
        page.keyboard.press("ArrowUp")  # from the first to the last but one: double
    page.keyboard.press("Enter")
    expect(card(page, "Good day")).to_have_count(2)
    expect(card(page, "Good day").last).to_be_focused()

    tab_to(page, page.get_by_role("link", name=re.compile("^Check")).first)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Publish version 1"))
    page.keyboard.press("Enter")
    expect(page.locator(".lf-top").get_by_text("Running")).to_be_visible()

"""A marketer builds a form with the mouse and with keys, publishes it, and visitors send it."""

import re

import pytest
from playwright.sync_api import Page, expect

from capture.models import Form, Knock, Submission
from capture.services import forms
from tests import tools
from tests.factories.capture import published_form, published_page


@pytest.fixture(autouse=True)
def _fresh_counts(transactional_db):
    Knock.objects.all().delete()


@pytest.fixture
def roof(max) -> Form:
    """An unpublished contact form of max's."""
    return forms.create(name="Roof", by=max, start="contact")


@pytest.fixture
def editor(page: Page, sign_in, max, roof) -> Page:
    """The editor, open on that form."""
    sign_in(page, max)
    page.goto(f"/forms/{roof.pk}/")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    return page


def saved(page: Page):
    """Wait until the draft has been kept."""
    expect(page.locator("[data-draft-state]")).to_have_text(re.compile("Draft saved"))


def labels(form: Form) -> list[str]:
    form.refresh_from_db()
    rows = form.draft["pages"][0]["blocks"]
    return [row["props"].get("label") or row["props"].get("text") for row in rows]


def when_saved(page: Page, act):
    """Do something, and wait for the draft that holds it."""
    with page.expect_response(re.compile("/draft/")):
        act()
    saved(page)


def test_a_click_adds_a_block_and_the_panel_changes_it(editor: Page, roof):
    when_saved(editor, lambda: editor.get_by_role("button", name="Add Short text").click())
    question = editor.locator("[data-properties]").get_by_label("Question")
    when_saved(editor, lambda: question.fill("Type of roof"))

    assert labels(roof)[-1] == "Type of roof"
    assert roof.draft["pages"][0]["blocks"][-1]["props"]["name"] == "type_of_roof"


def test_a_block_is_dragged_from_the_palette(editor: Page, roof):
    tile = editor.get_by_role("button", name="Add Number")
    target = editor.locator("[data-canvas] .lf-bk-item").nth(1)

    when_saved(editor, lambda: tile.drag_to(target, target_position={"x": 200, "y": 8}))

    assert "Number" in labels(roof)[:3]


def test_a_block_is_dragged_to_another_place(editor: Page, roof):
    grip = editor.locator(".lf-bk-item").nth(1).locator(".lf-bk-grip")
    target = editor.locator(".lf-bk-item").nth(3)

    when_saved(editor, lambda: grip.drag_to(target))

    assert labels(roof).index("Your name") > 1


def touch(page: Page):
    """Fingers on the screen: send(kind, x, y), where the end of a touch has no place."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def send(kind: str, *place: float):
        points = [dict(zip("xy", place, strict=True))] if place else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return send


def drag_by_touch(page: Page, send, start, goal):
    """A finger takes what lies at the first place to the second."""
    (x, y), (to_x, to_y) = start, goal
    send("touchStart", x, y)
    page.wait_for_timeout(220)  # a short hold: until then a finger scrolls
    for step in range(1, 11):
        send("touchMove", x + (to_x - x) * step / 10, y + (to_y - y) * step / 10)
        page.wait_for_timeout(30)
    send("touchEnd")


def middle(thing) -> tuple[float, float]:
    box = thing.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_finger_moves_a_block_and_adds_one(page: Page, sign_in, max, roof):
    sign_in(page, max)
    send = touch(page)
    page.goto(f"/forms/{roof.pk}/")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    items = page.locator("[data-canvas] .lf-bk-item")
    grip = items.nth(1).locator(".lf-bk-grip")
    below = items.nth(3).bounding_box()

    goal = (middle(grip)[0], below["y"] + below["height"] - 6)
    when_saved(page, lambda: drag_by_touch(page, send, middle(grip), goal))
    assert labels(roof).index("Your name") > 1

    tile = page.get_by_role("button", name="Add Number")
    spot = items.nth(1).bounding_box()
    goal = (spot["x"] + 200, spot["y"] + 8)
    when_saved(page, lambda: drag_by_touch(page, send, middle(tile), goal))
    assert "Number" in labels(roof)[:3]


def test_the_preview_is_seen_as_on_a_phone_and_as_on_a_desk(editor: Page):
    frame = editor.locator("[data-preview-frame]")
    editor.locator("[data-preview-as=desktop]").click()
    wide = frame.bounding_box()["width"]
    editor.locator("[data-preview-as=phone]").click()

    expect(editor.locator("[data-preview-as=phone]")).to_have_attribute("aria-pressed", "true")
    assert frame.bounding_box()["width"] < 420 < wide


def test_keys_add_move_and_delete(editor: Page, roof):
    before = labels(roof)
    second = editor.locator("[data-canvas] [data-id]").nth(1)
    second.focus()

    when_saved(editor, lambda: editor.keyboard.press("Alt+ArrowDown"))
    assert labels(roof)[2] == before[1]
    expect(editor.locator("[data-announce]")).to_have_text(re.compile("moved to place 3"))

    when_saved(editor, lambda: editor.keyboard.press("Delete"))
    assert before[1] not in labels(roof)

    editor.get_by_role("button", name="Add Dropdown").focus()
    when_saved(editor, lambda: editor.keyboard.press("Enter"))
    assert "Dropdown" in labels(roof)


def test_a_part_that_was_opened_stays_open_while_it_is_worked_on(editor: Page, roof):
    editor.locator(".lf-bk-ending").click()
    editor.locator("[data-properties] summary").last.click()
    saves = editor.get_by_label("Visitors may save and continue later")

    when_saved(editor, lambda: saves.check())

    expect(saves).to_be_visible()
    roof.refresh_from_db()
    assert roof.draft["settings"]["can_save"] is True


def test_undo_and_redo_go_through_the_changes(editor: Page, roof):
    before = labels(roof)
    when_saved(editor, lambda: editor.get_by_role("button", name="Add Number").click())

    when_saved(editor, lambda: editor.keyboard.press("Control+z"))
    assert labels(roof) == before

    when_saved(editor, lambda: editor.get_by_label("Redo").click())
    assert "Number" in labels(roof)


def test_a_rule_hides_a_question_in_the_preview(editor: Page, roof):
    when_saved(editor, lambda: editor.get_by_role("button", name="Add Yes or no").click())
    when_saved(editor, lambda: editor.get_by_role("button", name="Add Number").click())
    when_saved(editor, lambda: editor.get_by_role("button", name="Add rule: Show when").click())
    preview = editor.frame_locator("[data-preview-frame]")

    expect(editor.locator("[data-canvas]")).to_contain_text("Shown when")
    expect(preview.locator("input[type=number]")).to_be_hidden()
    preview.get_by_label("Yes", exact=True).dispatch_event("click")
    expect(preview.locator("input[type=number]")).to_be_visible()


def test_a_newer_draft_of_somebody_else_is_told_and_not_overwritten(
    editor: Page, roof, alice, console
):
    roof.refresh_from_db()
    other = roof.draft
    other["settings"]["submit_label"] = "Theirs"
    from leadflow.blocks import services

    services.save_draft(document=roof, content=other, revision=roof.draft_revision, by=alice)

    editor.get_by_role("button", name="Add Number").click()
    expect(editor.locator("[data-conflict]")).to_contain_text("Alice Adams saved a newer draft")
    console.clear()  # the browser reports the 409
    editor.get_by_role("button", name="Take theirs").click()

    expect(editor.locator(".lf-bk-submit")).to_have_text("Theirs")
    assert "Number" not in labels(roof)
    when_saved(editor, lambda: editor.get_by_label("Undo").click())
    assert "Number" in labels(roof)


def test_what_is_missing_is_shown_before_publishing(editor: Page, roof):
    when_saved(editor, lambda: editor.get_by_role("button", name="Add Short text").click())
    question = editor.locator("[data-properties]").get_by_label("Question")
    when_saved(editor, lambda: question.fill(""))

    editor.get_by_role("button", name="Publish version 1").click()

    expect(editor.locator("[data-problems]")).to_contain_text("Question is empty")
    roof.refresh_from_db()
    assert not roof.is_open


def test_publish_then_a_visitor_sends_it_from_its_own_page(editor: Page, roof, context):
    editor.get_by_role("button", name="Publish version 1").click()
    editor.wait_for_url(re.compile("/share/"))
    roof.refresh_from_db()

    visitor = context.browser.new_page(user_agent=tools.BROWSER)
    visitor.goto(f"{editor.url.split('/forms/')[0]}{roof.public_path}")
    visitor.get_by_label("Your name").fill("Ada Lovelace")
    visitor.get_by_label("Email").first.fill("ada@north.example")
    visitor.get_by_label("How can we help?").fill("With a roof")
    visitor.get_by_role("button", name="Send message").click()

    expect(visitor.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().lead.name == "Ada Lovelace"
    assert visitor.context.cookies() == []
    visitor.context.close()


def test_a_visitor_without_script_sends_it_too(browser, live_server, transactional_db):
    form = published_form()
    context = browser.new_context(java_script_enabled=False, user_agent=tools.BROWSER)
    page = context.new_page()

    page.goto(live_server.url + form.public_path)
    page.get_by_label("First name (optional)").fill("Ada")
    page.get_by_label("Email").fill("ada@north.example")
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().lead.first_name == "Ada"
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_editor_passes_axe(page: Page, sign_in, axe, max, roof, theme):
    max.theme = theme
    max.save()
    sign_in(page, max)

    page.goto(f"/forms/{roof.pk}/")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    page.locator("[data-canvas] [data-id]").nth(2).click()

    axe(page)


def test_a_public_form_passes_axe_and_fits_a_phone(page: Page, axe, fits, transactional_db):
    form = published_form()

    page.goto(form.public_path)
    axe(page)
    page.set_viewport_size({"width": 320, "height": 640})
    fits(page)


def test_a_new_question_is_called_by_its_words_until_something_asks_for_it(
    page: Page, sign_in, max
):
    form = forms.create(name="Names", by=max, start="blank")
    sign_in(page, max)
    page.goto(f"/forms/{form.pk}/")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    panel = page.locator("[data-properties]")
    page.get_by_role("button", name="Add Number", exact=True).click()
    panel.get_by_text("More", exact=True).click()
    label, name = panel.get_by_label("Question", exact=True), panel.get_by_label("Name in the data")

    label.fill("Hours a week")
    expect(name).to_have_value("hours_a_week")
    label.fill("Next")  # a name of the door's own
    expect(name).to_have_value("next_2")
    label.fill("Hours")
    page.get_by_role("button", name="Add Formula", exact=True).click()
    panel.get_by_label("Formula", exact=True).fill("hours * 2")
    page.locator("[data-canvas] [data-id]").first.click()
    with page.expect_response(re.compile("/draft/")):
        label.fill("Hours a day")

    form.refresh_from_db()
    props = form.draft["pages"][0]["blocks"][0]["props"]
    assert (props["label"], props["name"]) == ("Hours a day", "hours")


@pytest.mark.parametrize("width", [390, 1440])
def test_the_trap_for_robots_is_seen_and_reached_by_no_visitor(page: Page, transactional_db, width):
    landing = published_page()
    own = Form.objects.get()
    page.set_viewport_size({"width": width, "height": 800})
    for path in (own.public_path, landing.public_path, f"{own.public_path}?embed=1"):
        page.goto(path)
        trap = page.locator(".lf-form [name=website_url]")
        box = trap.bounding_box()
        assert box["x"] + box["width"] <= 0, path
        assert "Leave this empty" not in page.locator("body").aria_snapshot()
        met = []
        for _step in range(40):
            page.keyboard.press("Tab")
            met.append(page.evaluate("document.activeElement.getAttribute('name')"))
        assert "email" in met, path
        assert "website_url" not in met, path

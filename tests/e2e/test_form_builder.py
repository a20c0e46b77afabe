"""A marketer builds a form with the mouse and with keys, publishes it, and visitors send it."""

import re

import pytest
from playwright.sync_api import Page, expect

from capture.models import Form, Knock, Submission
from capture.services import forms
from tests.factories.capture import published_form


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
    assert roof.draft["pages"][0]["blocks"][-1]["props"]["name"] == "short_text"


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
    when_saved(editor, lambda: editor.get_by_role("button", name="Add rule").click())
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

    expect(editor.locator("[data-editor][data-ready]")).to_be_visible()
    expect(editor.locator(".lf-bk-submit")).to_have_text("Theirs")


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

    visitor = context.browser.new_page()
    visitor.goto(f"{editor.url.split('/forms/')[0]}{roof.public_path}")
    visitor.get_by_label("Your name").fill("Ada Lovelace")
    visitor.get_by_label("Email").first.fill("ada@north.example")
    visitor.get_by_label("How can we help?").fill("With a roof")
    visitor.wait_for_timeout(2100)
    visitor.get_by_role("button", name="Send message").click()

    expect(visitor.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().lead.name == "Ada Lovelace"
    assert visitor.context.cookies() == []
    visitor.context.close()


def test_a_visitor_without_script_sends_it_too(browser, live_server, transactional_db):
    form = published_form()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(live_server.url + form.public_path)
    page.get_by_label("First name (optional)").fill("Ada")
    page.get_by_label("Email").fill("ada@north.example")
    page.wait_for_timeout(2100)
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

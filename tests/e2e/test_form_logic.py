"""A form with pages and rules, built by keyboard only and filled in by keyboard only."""

import re

import pytest
from playwright.sync_api import Page, expect

from capture.models import Form, Knock, Submission
from capture.services import forms
from tests.factories.capture import published_form, published_pages


@pytest.fixture(autouse=True)
def _fresh_counts(transactional_db):
    Knock.objects.all().delete()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def add(page: Page, name: str) -> None:
    """Enter on a tile of the palette."""
    page.get_by_role("button", name=name, exact=True).focus()
    press(page, "Enter")


def write(page: Page, label: str, words: str) -> None:
    """Type into a property of what is selected."""
    page.locator("[data-properties]").get_by_label(label, exact=True).focus()
    press(page, "Control+a")
    page.keyboard.type(words)


def test_a_conditional_form_is_built_and_filled_by_keyboard_only(page: Page, sign_in, max, axe):
    form = forms.create(name="Roof", by=max, start="blank")
    sign_in(page, max)
    page.goto(f"/forms/{form.pk}/")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()

    add(page, "Add Yes or no")
    write(page, "Question", "Do you have a roof?")
    add(page, "Add New page")
    add(page, "Add Number")
    press(page, "Escape")
    page.locator("[data-canvas] [data-id]").nth(1).focus()
    press(page, "Alt+ArrowDown")  # over the edge of the first page into the second
    write(page, "Question", "Area")
    page.get_by_role("button", name="Change page 2: Page 2 of 2").focus()
    press(page, "Enter")
    page.get_by_role("button", name="Add rule: Show this page when").focus()
    press(page, "Enter")
    expect(page.locator("[data-canvas]")).to_contain_text("Shown when Do you have a roof?")
    axe(page)
    page.get_by_role("button", name="Publish version 1").focus()
    with page.expect_navigation():
        press(page, "Enter")
    form.refresh_from_db()
    assert form.is_open

    fill_in(page, form)


def fill_in(page: Page, form: Form) -> None:
    page.goto(form.public_path)
    expect(page.locator(".lf-steps")).to_have_text("Step 1 of 1")
    page.get_by_label("Yes", exact=True).focus()
    press(page, "Space")
    expect(page.locator(".lf-steps")).to_have_text("Step 1 of 2")
    press(page, "Tab")
    expect(page.get_by_role("button", name="Continue")).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_label("Area (optional)")).to_be_focused()
    page.keyboard.type("120")
    press(page, "Tab", "Tab")
    expect(page.get_by_role("button", name="Back")).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_label("Yes", exact=True)).to_be_checked()
    page.get_by_role("button", name="Continue").focus()
    press(page, "Enter")
    page.get_by_role("button", name="Send").focus()
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    answers = Submission.objects.get().answers
    assert (answers["do_you_have_a_roof"], answers["area"]) == (True, 120)


def test_pages_off_the_way_are_not_asked_in_the_browser(page: Page, transactional_db, axe, fits):
    from tests.capture.test_paths import block, line, rule

    form = published_pages(
        (
            {"jumps": [{"to": "end", "when": rule("stars", "at_most", 2)}]},
            [block("rating", label="Stars", name="stars")],
        ),
        [line("why", is_required=True), block("scale", label="Likely?", name="likely")],
        endings=[{"title": "Sorry", "text": "We call you.", "when": rule("stars", "at_most", 2)}],
    )
    page.goto(form.public_path)

    page.get_by_label("5 stars").check()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    page.get_by_label("2 stars").check()
    axe(page)
    page.set_viewport_size({"width": 320, "height": 640})
    fits(page)
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("heading", name="Sorry")).to_be_visible()
    assert re.match("We call", page.locator(".lf-thanks p").inner_text())
    assert Submission.objects.get().answers == {"stars": 2}


def test_a_file_goes_ahead_and_the_form_names_it(
    page: Page, transactional_db, axe, tmp_path, settings, console
):
    from tests.capture.test_paths import block

    settings.MEDIA_ROOT = tmp_path
    form = published_form(block("file", label="CV", name="cv", is_required=True), block("email"))
    page.goto(form.public_path)
    page.get_by_label("Email").fill("ada@north.example")

    page.get_by_label("CV").set_input_files({"name": "a.exe", "mimeType": "x/x", "buffer": b"MZ"})
    expect(page.locator(".lf-file-state")).to_contain_text("Send a file of one of these kinds")
    console.clear()  # the browser reports the 422
    page.get_by_label("CV").set_input_files(
        {"name": "a.pdf", "mimeType": "x/x", "buffer": b"%PDF-1"}
    )
    expect(page.locator(".lf-file-state")).to_have_text("a.pdf is sent with your answers.")
    axe(page)
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().answers["cv"] == "a.pdf"


def test_a_question_is_set_by_a_rule_seen_filled_in_and_changed(
    page: Page, sign_in, max, axe, fits
):
    form = forms.create(name="Seats", by=max, start="blank")
    sign_in(page, max)
    page.goto(f"/forms/{form.pk}/")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    add(page, "Add Yes or no")
    write(page, "Question", "Alone?")
    add(page, "Add Number")
    write(page, "Question", "Seats")
    panel = page.locator("[data-properties]")
    panel.locator(".lf-field", has_text="Set to").get_by_role("button", name="Add one").click()
    panel.get_by_label("Set it to").fill("1")
    panel.get_by_role("button", name="Add rule: when").click()
    expect(page.locator("[data-canvas]")).to_contain_text("Set to 1 when Alone?")
    axe(page)
    page.get_by_role("button", name="Publish version 1").click()
    page.wait_for_url(re.compile("/share/"))
    form.refresh_from_db()

    page.goto(form.public_path)
    seats = page.get_by_label("Seats")
    page.get_by_label("Yes", exact=True).check()
    expect(seats).to_have_value("1")
    page.get_by_label("No", exact=True).check()
    expect(seats).to_have_value("")
    seats.fill("7")
    page.get_by_label("Yes", exact=True).check()
    expect(seats).to_have_value("7")
    seats.fill("")
    expect(seats).to_have_value("")
    seats.blur()
    expect(seats).to_have_value("1")
    axe(page)
    fits(page)
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().answers == {"alone": True, "seats": 1}


def test_every_kind_of_question_is_filled_in_by_its_rule(page: Page, transactional_db, axe):
    from tests.capture.test_paths import TWO, block, rule

    def when(value):
        return [{"value": value, "when": rule("alone")}]

    form = published_pages(
        [
            block("yes_no", label="Alone?", name="alone"),
            block("short_text", label="T", name="t", sets=when("One")),
            block("long_text", label="L", name="l", sets=when("Two")),
            block("money", label="M", name="m", sets=when("9.50")),
            block("date", label="D", name="d", sets=when("2026-12-01")),
            block("dropdown", label="C", name="c", options=TWO, sets=when("b")),
            block("choice", label="R", name="r", options=TWO, sets=when("a")),
            block("choice", label="S", name="s", options=TWO, is_multiple=True, sets=when(["b", "a"])),
            block("yes_no", label="Y", name="y", sets=when("no")),
            block("rating", label="St", name="st", sets=when("4")),
            block("scale", label="Sc", name="sc", is_required=True, sets=when("0")),
            block("calculation", label="Sum", name="sum", formula="m + sc"),
        ]
    )  # fmt: skip
    page.goto(form.public_path)
    alone = page.get_by_role("group", name="Alone?")
    alone.get_by_label("Yes").check()
    expect(page.locator("#f_t")).to_have_value("One")
    expect(page.locator("#f_d")).to_have_value("2026-12-01")
    expect(page.locator("#f_c")).to_have_value("b")
    expect(page.locator("[name=s]:checked")).to_have_count(2)
    expect(page.locator('[name=sc][value="0"]')).to_be_checked()
    expect(page.locator('[data-value="sum"]')).to_have_text("10")
    alone.get_by_label("No").check()
    expect(page.locator("[name=s]:checked")).to_have_count(0)
    expect(page.locator("#f_t")).to_have_value("")
    alone.get_by_label("Yes").check()
    axe(page)
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().answers == {
        "alone": True, "t": "One", "l": "Two", "m": 9.5, "d": "2026-12-01", "c": "b", "r": "a",
        "s": ["a", "b"], "y": False, "st": 4, "sc": 0, "sum": 10,
    }  # fmt: skip

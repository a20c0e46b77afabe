"""A calculator: built in the editor, worked out while a visitor types, kept as the server works it out."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from capture.blocks.starts import block
from capture.models import Form, Knock, Submission
from capture.services import forms
from leadflow.mail.models import Delivery
from tests.factories.capture import published_form


@pytest.fixture(autouse=True)
def _fresh_counts(transactional_db):
    Knock.objects.all().delete()


@pytest.fixture
def calculator(max) -> Form:
    """A published calculator of max's."""
    form = forms.create(name="Cost", by=max, start="calculator")
    forms.publish(form=form, by=max)
    return form


def test_the_result_follows_the_typing_and_is_kept_with_the_lead(page: Page, calculator, axe, fits):
    page.goto(calculator.public_path)
    cost = page.locator('.lf-sum-value[data-value="cost"]')
    expect(cost).to_have_text("–")

    page.get_by_label("People who do it").fill("4")
    page.get_by_label("Hours a week").fill("5")
    expect(cost).to_have_text(re.compile(r"41.400"))
    expect(page.locator(".lf-result")).to_contain_text("large sum")
    page.get_by_label("Cost of an hour").fill("90")
    expect(cost).to_have_text(re.compile(r"82.800"))
    axe(page)
    fits(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Email").fill("ada@north.example")
    page.get_by_role("button", name="Send me the result").click()

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    answers = Submission.objects.get().answers
    assert (answers["cost"], answers["verdict"]) == (82_800, "large")


def test_a_marketer_builds_the_magnet_from_nothing_and_a_visitor_receives_her_report(
    page: Page, sign_in, max, drain_events, axe
):
    sign_in(page, max)
    page.goto("/forms/")
    page.get_by_role("button", name="Calculator A number worth an email").click()
    page.wait_for_url(re.compile(r"/forms/\d+/$"))
    page.get_by_role("button", name=re.compile("^Publish")).click()
    page.wait_for_url(re.compile("/share/"))
    form = Form.objects.get()

    page.goto("about:blank")  # what the open page still asks for would lead her to the sign-in
    page.context.clear_cookies()
    page.goto(form.public_path)
    expect(page.locator("body")).not_to_contain_text("Worth a project")
    page.get_by_label("People who do it").fill("10")
    page.get_by_label("Hours a week").fill("3")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("First name").fill("أميرة")
    page.get_by_label("Email").fill("amira@north.example")
    page.get_by_role("button", name="Send me the result").click()
    link = page.get_by_role("link", name="Your report", exact=True)
    expect(link).to_be_visible()
    drain_events()

    path = urlsplit(link.get_attribute("href")).path
    page.goto(path)
    expect(page.get_by_role("heading", name="What manual work costs you")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Worth a project")
    expect(page.locator("main")).to_contain_text("أميرة")
    axe(page)
    with page.expect_download() as paper:
        page.get_by_role("link", name="Download as PDF").click()
    assert paper.value.path().read_bytes().startswith(b"%PDF-")
    mail = Delivery.objects.get(key__startswith="promise:")
    assert (mail.to_address, "/r/" in mail.text) == ("amira@north.example", True)


def ready(page: Page):
    """The panel of the editor, once it takes changes."""
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    return page.locator("[data-properties]")


def test_a_magnet_is_built_block_by_block_from_an_empty_form_and_a_visitor_receives_her_report(
    page: Page, sign_in, max, drain_events, axe
):
    sign_in(page, max)
    page.goto("/forms/")
    page.get_by_role("button", name="Empty form Start from nothing.").click()
    page.wait_for_url(re.compile(r"/forms/\d+/$"))
    panel = ready(page)

    def add(name: str, **words: str) -> None:
        page.get_by_role("button", name=f"Add {name}", exact=True).click()
        for label, text in words.items():
            panel.get_by_label(label.replace("_", " "), exact=True).fill(text)

    add("Number", Question="Staff")
    add("Number", Question="Hours a week")
    add(
        "Formula",
        Name_of_the_result="Cost a year",
        Formula="staff * hours_a_week * 45 * 46",
        Unit="€",
    )
    add("Result", Text="That is {cost_a_year} € a year.")
    add("Formula", Name_of_the_result="Saved", Formula="cost_a_year * 0.6")
    panel.get_by_label("For the report only").check()
    page.get_by_role("button", name="Add New page", exact=True).click()
    page.locator(
        ".lf-bk-ending"
    ).click()  # nothing is selected: what is added goes to the last page
    add("Email")
    with page.expect_response(re.compile("/draft/")):
        panel.get_by_label("Question", exact=True).fill("Your email")
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_role("button", name="Make a report").click()
    page.wait_for_url(re.compile("/report/"))
    panel = ready(page)
    page.get_by_role("button", name="Add Advice", exact=True).click()
    panel.get_by_label("Heading", exact=True).fill("Begin with one step")
    panel.get_by_label("Advice", exact=True).fill("You could save {saved} € of it.")
    panel.get_by_label("Formula", exact=True).fill("cost_a_year")
    with page.expect_response(re.compile("/draft/")):
        panel.get_by_label("Show it from").fill("1")
    axe(page)
    page.get_by_role("link", name="Build", exact=True).click()
    ready(page)
    page.get_by_role("button", name=re.compile("^Publish")).click()
    page.wait_for_url(re.compile("/share/"))
    form = Form.objects.get()

    page.goto("about:blank")
    page.context.clear_cookies()
    page.goto(form.public_path)
    page.get_by_label("Staff").fill("10")
    page.get_by_label("Hours a week").fill("2")
    expect(page.locator(".lf-result")).to_have_text(re.compile(r"That is 41.400 € a year"))
    expect(page.locator("body")).not_to_contain_text("Begin with one step")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your email").fill("ada@north.example")
    page.get_by_role("button", name="Send").click()
    link = page.get_by_role("link", name="Your report", exact=True)
    expect(link).to_be_visible()
    drain_events()

    page.goto(urlsplit(link.get_attribute("href")).path)
    expect(page.locator("main")).to_contain_text("Begin with one step")
    expect(page.locator("main")).to_contain_text(re.compile(r"You could save 24.840 € of it"))
    assert Delivery.objects.get(key__startswith="promise:").to_address == "ada@north.example"


def test_a_result_names_choices_by_their_words(page: Page, transactional_db):
    plans = [{"value": "p1", "label": "Starter"}, {"value": "p2", "label": "It's everything"}]
    form = published_form(
        block("email"),
        block("dropdown", label="Plan", name="plan", options=plans),
        block("choice", label="Extras", name="extras", options=plans, is_multiple=True),
        block("short_text", label="Name", name="who"),
        block("result", text="{who}: {plan}, with {extras}"),
    )
    page.goto(form.public_path)

    page.get_by_label("Plan").select_option("p2")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Starter").check()
    page.get_by_label("It's everything").check()

    expect(page.locator(".lf-result")).to_have_text(
        "Ada: It's everything, with Starter, It's everything"
    )


def test_a_formula_is_put_together_by_clicks_and_its_mistake_is_shown(
    page: Page, sign_in, axe, max
):
    form = forms.create(name="Cost", by=max, start="calculator")
    sign_in(page, max)
    page.goto(f"/forms/{form.pk}/")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    page.get_by_role("button", name="Formula: Cost a year").click()
    formula = page.locator("[data-properties]").get_by_label("Formula")

    with page.expect_response(re.compile("/draft/")):
        formula.fill("people * ")
    expect(page.locator("[data-canvas] .lf-error")).to_contain_text("ends too early")
    with page.expect_response(re.compile("/draft/")):
        page.get_by_role("button", name="hours", exact=True).click()
    expect(page.locator("[data-canvas] .lf-error")).to_have_count(0)

    axe(page)
    form.refresh_from_db()
    rows = {row["props"].get("name"): row["props"] for row in form.draft["pages"][0]["blocks"]}
    assert rows["cost"]["formula"] == "people * hours"

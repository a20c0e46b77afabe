"""The rule builder in a real browser: built by keyboard, counted live, marked where it is wrong."""

import json
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from leadflow.models import Lead
from tests import tools

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures"),  # of pytest-base-url
]

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return browser_type_launch_args | {
        "executable_path": tools.find("chromium"),
        "args": ["--no-sandbox"],
    }


@pytest.fixture(autouse=True, scope="session")
def the_browser_may_wait_for_the_database():
    """Playwright keeps an event loop in this thread, where Django would refuse to ask its database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture
def builder(page: Page, live_server, alice):
    """The gallery's rule, with three German leads and one Dutch."""
    for number, country in enumerate(["DE", "DE", "DE", "NL"]):
        Lead.objects.create(
            first_name=f"Person {number}", country=country, stage_since=AT, created_at=AT
        )
    client = Client()
    client.force_login(alice)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.errors.append(said.text))
    page.goto(f"{live_server.url}/gallery/")
    rules = page.locator("lf-rules")
    expect(rules.locator(".lf-rules-canvas")).to_be_visible()
    yield rules
    assert page.errors == []


def document(rules):
    return json.loads(rules.locator("textarea").input_value())


def empty(rules):
    while rules.locator(".lf-rule-group").first.locator("> ul > li").count():
        rules.locator(".lf-rule-group").first.locator("> ul > li > .lf-rule-x").first.click()
    assert document(rules) == {"all": []}


def test_the_rule_reads_as_boxes_and_as_a_sentence(builder):
    expect(builder.locator(".lf-rule-value")).to_contain_text(["DE", "AT"])
    expect(builder.locator(".lf-rules-sentence")).to_contain_text(
        "Country is “DE” or “AT” and Viewed a page at least 3 times in the last 30 days and "
        "(Fit grade is at least B or Last touch is not known)"
    )
    expect(builder.locator(".lf-rules-count")).to_have_text("Matches 0 leads")
    expect(builder.locator("textarea")).to_be_hidden()


def test_a_rule_is_built_by_keyboard_alone_and_counted_live(builder, page):
    empty(builder)
    expect(builder.locator(".lf-rules-count")).to_have_text("Matches 4 leads")

    page.keyboard.press("Enter")  # the focus went to "Condition" when the last one was removed
    expect(builder.get_by_label("What to look at")).to_be_focused()
    page.keyboard.type("Country")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("de")

    expect(builder.locator(".lf-rules-count")).to_have_text("Matches 3 leads")
    expect(builder.locator(".lf-rules-sample li")).to_have_count(3)
    assert document(builder) == {"all": [{"field": "lead.country", "op": "is", "value": "de"}]}


def test_a_value_list_grows_and_shrinks(builder, page):
    empty(builder)
    builder.get_by_role("button", name="Condition").click()
    builder.get_by_label("What to look at").select_option(label="Stage")
    builder.get_by_label("How to compare").select_option(label="is any of")
    for stage in ("MQL", "Lead"):
        builder.get_by_label("Value", exact=True).select_option(label=stage)
    builder.get_by_role("button", name="Take out MQL").click()

    assert document(builder) == {
        "all": [{"field": "lead.stage", "op": "is_any_of", "value": ["lead"]}]
    }
    expect(builder.locator(".lf-rules-sentence")).to_have_text("Stage is Lead")


def test_what_is_unfinished_is_marked_at_its_place(builder):
    empty(builder)
    builder.get_by_role("button", name="Condition").click()
    expect(builder.locator("[data-problem]")).to_contain_text("First name: enter")
    expect(builder.locator(".lf-rule-wrong")).to_have_count(0)

    builder.get_by_label("What to look at").blur()

    expect(builder.locator(".lf-rule-wrong .lf-rule-problem")).to_contain_text("First name: enter")


def test_groups_nest_to_the_fourth_level(builder):
    empty(builder)
    for _ in range(3):
        builder.get_by_role("button", name="Group", exact=True).first.click()

    expect(builder.locator(".lf-rule-group")).to_have_count(4)
    deepest = builder.locator(".lf-rule-group").last
    expect(deepest.get_by_role("button", name="Group", exact=True)).to_have_count(0)
    expect(deepest.get_by_role("button", name="Condition", exact=True)).to_be_visible()


def test_behaviour_is_counted_in_a_window_with_details(builder):
    empty(builder)
    builder.get_by_role("button", name="Behaviour").click()
    builder.get_by_label("How often").select_option(label="never")
    builder.get_by_label("In which time").select_option(label="ever")
    builder.get_by_role("button", name="Detail").click()
    builder.get_by_label("Value", exact=True).fill("pricing")

    assert document(builder) == {
        "all": [
            {
                "event": {
                    "kind": "page.viewed",
                    "where": [{"field": "label", "op": "is", "value": "pricing"}],
                },
                "op": "never",
                "days": None,
            }
        ]
    }
    expect(builder.locator(".lf-rules-count")).to_have_text("Matches 4 leads")


def test_without_scripts_the_rule_stands_as_json_and_as_a_sentence(browser, builder, page):
    bare = browser.new_context(java_script_enabled=False)
    bare.add_cookies(page.context.cookies())
    plain = bare.new_page()
    plain.goto(page.url)

    expect(plain.locator("lf-rules textarea")).to_be_visible()
    expect(plain.locator("lf-rules .lf-help")).to_contain_text("Country is “DE” or “AT”")
    bare.close()


def test_the_builder_has_no_accessibility_fault_that_a_machine_finds(builder, page):
    builder.get_by_role("button", name="Detail").click()

    found = Axe().run(page, context="lf-rules")

    assert found.violations_count == 0, found.generate_report()


def test_the_builder_fits_a_narrow_phone(builder, page):
    page.set_viewport_size({"width": 320, "height": 700})

    assert page.evaluate("document.querySelector('lf-rules').scrollWidth") <= 320 - 32

"""A mistyped address: what was perhaps meant is offered under the field, and never in the way."""

import pytest
from playwright.sync_api import Page, expect

from capture.blocks.starts import block
from capture.models import Submission
from leadflow.kit import emails
from tests.factories.capture import published_form
from tests.leadflow.kit.test_kit_suggestions import EXPECTED


@pytest.fixture
def form(page: Page, live_server, transactional_db):
    form = published_form(block("email"), block("short_text", label="Name", name="name"))
    page.goto(live_server.url + form.public_path)
    return page


def test_one_key_takes_what_was_meant(form: Page, axe, fits):
    field = form.get_by_label("Email")
    field.press_sequentially("ann@gnail.com")
    offer = form.get_by_role("button", name="Did you mean ann@gmail.com?")
    expect(offer).to_be_visible()
    axe(form)
    form.set_viewport_size({"width": 320, "height": 700})
    fits(form)
    form.keyboard.press("Tab")
    expect(offer).to_be_focused()
    form.keyboard.press("Enter")

    expect(field).to_have_value("ann@gmail.com")
    expect(field).to_be_focused()
    expect(offer).to_have_count(0)


def test_what_was_typed_is_sent_by_who_wants_it_so(form: Page):
    form.get_by_label("Email").fill("ann@gnail.com")
    expect(form.get_by_role("button", name="Did you mean")).to_be_visible()
    form.get_by_role("button", name="Send").click()

    expect(form.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().lead.email == "ann@gnail.com"


def test_right_addresses_are_left_alone(form: Page):
    form.get_by_label("Email").fill("ann@north.example")
    form.wait_for_timeout(600)

    expect(form.get_by_role("button", name="Did you mean")).to_have_count(0)


def test_chromium_agrees_with_the_shared_vectors(form: Page):
    told = form.evaluate(
        "async ([all, domains]) => { const { suggest } = await import('/static/js/mistyped.js');"
        " return Object.fromEntries(all.map((one) => [one, suggest(one, domains)])); }",
        [list(EXPECTED), list(emails.COMMON)],
    )

    assert told == EXPECTED

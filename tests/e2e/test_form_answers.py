"""The answers of a form, sifted by a rule that is built with the mouse."""

import json

import pytest
from playwright.sync_api import Page, expect

from capture.blocks.starts import block
from tests.factories.capture import published_form, token_of

SIZES = [{"value": "s", "label": "Small"}, {"value": "l", "label": "Large"}]


@pytest.fixture
def survey(client, transactional_db):
    """A form with an answer of each size."""
    made = published_form(block("choice", label="Size", name="size", options=SIZES), block("email"))
    for number, size in enumerate("sl"):
        body = {"size": size, "email": f"{size}@north.example", "client_id": f"client-{number:04}"}
        body |= {"website_url": "", "token": token_of(made)}
        sent = client.post(made.public_path, json.dumps(body), content_type="application/json")
        assert sent.status_code == 200
    return made


def test_a_rule_is_built_over_the_answers_and_stays_in_every_look(
    page: Page, sign_in, max, survey, axe, fits
):
    sign_in(page, max)
    page.goto(f"/forms/{survey.pk}/answers/")
    expect(page.get_by_text("s@north.example").first).to_be_visible()

    page.get_by_role("button", name="Rule", exact=True).click()
    dialog = page.get_by_role("dialog", name="Which answers?")
    dialog.get_by_role("button", name="Condition").click()
    axe(page)
    dialog.get_by_label("What to look at").select_option(label="Size")
    dialog.get_by_label("Value", exact=True).select_option(label="Large")
    dialog.get_by_role("button", name="Show them").click()

    expect(page.get_by_text("l@north.example").first).to_be_visible()
    expect(page.get_by_text("s@north.example")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 800})
    fits(page)
    page.get_by_role("link", name="Chart").click()
    expect(page.get_by_text("Size is Large")).to_be_visible()

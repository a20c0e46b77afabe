"""A telephone field: the visitor chooses her country, and is told of a number that cannot be one."""

import pytest
from playwright.sync_api import Page, expect

from capture.blocks.starts import block
from capture.models import Submission
from tests.factories.capture import published_form


@pytest.fixture
def phone(page: Page, live_server, transactional_db):
    """A form that asks for a number of any country."""
    form = published_form(block("email"), block("phone"))
    page.goto(live_server.url + form.public_path)
    page.get_by_label("Email").fill("ada@north.example")
    return page


def test_the_country_that_is_chosen_stands_before_the_number(phone: Page, axe, fits):
    phone.get_by_label("Country code").select_option(label="Germany +49")
    number = phone.get_by_label("Phone (optional)")
    number.fill("030 901820")
    number.blur()
    expect(number).to_have_value("+49 030 901820")
    axe(phone)
    phone.set_viewport_size({"width": 320, "height": 700})
    fits(phone)
    phone.get_by_role("button", name="Send").click()

    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().lead.phone == "+4930901820"


def test_a_number_with_its_code_chooses_the_country(phone: Page):
    phone.get_by_label("Phone (optional)").fill("+1 202 555 0143")

    expect(phone.get_by_label("Country code")).to_have_value("US")


def test_a_number_that_cannot_be_one_is_told_before_it_is_sent(phone: Page):
    phone.get_by_label("Phone (optional)").fill("12")
    phone.get_by_role("button", name="Send").click()

    expect(phone.get_by_text("Check the number")).to_be_visible()
    expect(phone.get_by_label("Phone (optional)")).to_be_focused()

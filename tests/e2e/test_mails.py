"""A letter to a lead is written in place, by keys, and leaves once."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.services import activities
from tests.factories.core import a_lead


@pytest.fixture
def ann(bob):
    return a_lead("ann@customer.example", first_name="Ann", last_name="Lee", owner=bob)


def test_a_letter_is_written_on_her_page_and_a_double_click_sends_once(
    page: Page, sign_in, bob, ann
):
    sign_in(page, bob)
    page.goto(f"/leads/{ann.pk}/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("m")
    expect(page.get_by_label("Subject")).to_be_focused()
    page.get_by_label("Subject").fill("The roof")
    page.locator("[data-mailer] [name=text]").fill("Hello Ann,\n\nshall we talk?")

    # asking for another letter goes on with this one
    page.get_by_role("link", name="Write a mail").first.click()
    expect(page.locator("[data-mailer]")).to_have_count(1)
    expect(page.locator("[data-mailer] [name=text]")).to_have_value("Hello Ann,\n\nshall we talk?")
    page.get_by_role("button", name="As it will arrive").click()
    inside = page.frame_locator("iframe[title='The mail as it will arrive']")
    expect(inside.get_by_text("shall we talk?")).to_be_visible()
    page.get_by_role("button", name="Send", exact=True).dblclick()

    expect(page.locator("#story")).to_contain_text("wrote “The roof”")
    expect(page.locator("#story")).to_contain_text("shall we talk?")
    assert Delivery.objects.filter(lead=ann, kind="personal").count() == 1


def test_a_planned_mail_is_worked_in_my_day_without_leaving_it(page: Page, sign_in, bob, ann):
    step = activities.plan(
        kind="email", subject="Send the offer", lead=ann, owner=bob, by=bob,
        due_at=clock.now() - timedelta(hours=1),
    )  # fmt: skip
    sign_in(page, bob)
    page.goto("/my-day/")
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Write", exact=True).click()
    page.get_by_role("link", name="Write a mail").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_label("Subject")).to_have_js_property("validity.valid", False)
    page.get_by_label("Subject").fill("Your offer")
    page.locator("[data-mailer] [name=text]").fill("Here it is.")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.get_by_text("What comes next with Ann Lee?")).to_be_visible()
    step.refresh_from_db()
    assert step.done_at
    assert Delivery.objects.get(lead=ann, kind="personal").subject == "Your offer"

"""A to-do is made, done, and followed by the next one."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from leadflow.kit import clock
from leadflow.models import Activity
from leadflow.services import activities
from tests.factories.core import a_lead


@pytest.fixture
def call(bob):
    lead = a_lead(first_name="Ann", last_name="Bell", owner=bob)
    return activities.plan(
        kind="call", subject="Ring about the roof", lead=lead, owner=bob, by=bob,
        due_at=clock.now() - timedelta(hours=1),
    )  # fmt: skip


def test_a_to_do_is_written_done_and_followed_by_the_next(page: Page, sign_in, bob, call):
    sign_in(page, bob)
    page.goto("/todos/")

    page.get_by_label("What, and when").fill("Mail the offer tomorrow 10")
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_role("link", name="Mail the offer")).to_be_visible()

    page.get_by_role("button", name="Done: Ring about the roof").click()
    expect(page.get_by_role("heading", name="What comes next with Ann Bell?")).to_be_visible()
    page.get_by_label("In a few words").fill("Visit the site")
    page.get_by_role("button", name="Plan it").click()

    expect(page).to_have_url("/todos/")
    expect(page.get_by_role("link", name="Visit the site")).to_be_visible()
    call.refresh_from_db()
    assert call.done_at
    assert Activity.objects.open().get(lead=call.lead).subject == "Visit the site"


def test_many_are_done_by_keys_and_taken_back(page: Page, sign_in, bob, call):
    activities.plan(
        kind="todo", subject="Send it", owner=bob, by=bob, due_at=clock.now() + timedelta(days=9)
    )
    sign_in(page, bob)
    page.goto("/todos/")

    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    page.get_by_role("toolbar").get_by_role("button", name="Done").click()
    expect(page.get_by_text("Nothing to do")).to_be_visible()
    page.locator("#lf-toasts").get_by_role("button", name="Undo").click()

    expect(page.get_by_role("link", name="Send it")).to_be_visible()


def test_the_list_and_the_form_fit_a_phone(page: Page, sign_in, bob, call):
    page.set_viewport_size({"width": 320, "height": 700})
    sign_in(page, bob)

    for path in ("/todos/", "/todos/new/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320

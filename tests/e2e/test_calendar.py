"""Work and closes are taken to another day: by the mouse, and by keys."""

from datetime import timedelta

import pytest
from django.utils.timezone import localtime
from playwright.sync_api import Page, expect

from leadflow.kit import clock
from leadflow.models import Activity
from leadflow.services import activities
from pipeline.forms import today
from tests.factories import pipeline as make


@pytest.fixture
def call(transactional_db, bob) -> Activity:
    """At ten on the first Tuesday of next month, which has days beside it."""
    first = (localtime(clock.now()).replace(day=1) + timedelta(days=32)).replace(day=1)
    tuesday = first + timedelta(days=(1 - first.weekday()) % 7)
    due = tuesday.replace(hour=10, minute=0, second=0, microsecond=0)
    return activities.plan(kind="call", subject="Ring Ann", owner=bob, by=bob, due_at=due)


@pytest.fixture
def calendar(page: Page, sign_in, call, bob) -> Page:
    """Bob's month with the call in it."""
    sign_in(page, bob)
    page.goto(f"/todos/calendar/?month={localtime(call.due_at):%Y-%m}")
    return page


def box(page: Page, on):
    return page.locator(f'[data-day="{on:%Y-%m-%d}"]')


def test_a_call_is_dragged_to_another_day_and_keeps_its_hour(calendar: Page, call):
    day_after = localtime(call.due_at) + timedelta(days=1)
    held = calendar.get_by_role("link", name="Ring Ann").first
    start, goal = held.bounding_box(), box(calendar, day_after).bounding_box()

    with calendar.expect_response("**/todos/later/"):
        calendar.mouse.move(start["x"] + 20, start["y"] + 8)
        calendar.mouse.down()
        calendar.mouse.move(start["x"] + 30, start["y"] + 10, steps=4)
        calendar.mouse.move(goal["x"] + 30, goal["y"] + 10, steps=12)
        calendar.mouse.move(goal["x"] + 32, goal["y"] + 12, steps=3)
        calendar.mouse.up()

    expect(box(calendar, day_after).get_by_text("Ring Ann")).to_be_visible()
    call.refresh_from_db()
    assert localtime(call.due_at) == day_after


def test_a_close_is_moved_by_keys_and_taken_back(page: Page, sign_in, bob):
    deal = make.deal(bob, name="Roof", expected_close_on=today())
    sign_in(page, bob)
    page.goto(f"/todos/calendar/?month={today():%Y-%m}")
    step = ("ArrowRight", 1) if today().day < 28 else ("ArrowLeft", -1)
    on = today() + timedelta(days=step[1])

    page.get_by_role("link", name="Roof closes").first.focus()
    page.keyboard.press(f"Alt+{step[0]}")
    expect(box(page, on).get_by_text("Roof closes")).to_be_visible()
    deal.refresh_from_db()
    assert deal.expected_close_on == on

    page.locator("#lf-toasts").get_by_role("button", name="Undo").click()
    expect(box(page, today()).get_by_text("Roof closes")).to_be_visible()
    deal.refresh_from_db()
    assert deal.expected_close_on == today()


def test_the_days_are_a_list_on_a_phone(calendar: Page):
    calendar.set_viewport_size({"width": 320, "height": 700})

    expect(calendar.locator(".lf-agenda").get_by_role("link", name="Ring Ann")).to_be_visible()
    assert calendar.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_call_that_was_moved_is_taken_back_by_the_toast(calendar: Page, call):
    day_after = localtime(call.due_at) + timedelta(days=1)
    calendar.get_by_role("link", name="Ring Ann").first.focus()
    calendar.keyboard.press("Alt+ArrowRight")
    expect(box(calendar, day_after).get_by_text("Ring Ann")).to_be_visible()

    calendar.locator("#lf-toasts").get_by_role("button", name="Undo").click()

    expect(box(calendar, call.due_at).get_by_text("Ring Ann")).to_be_visible()
    assert Activity.objects.get().due_at == call.due_at

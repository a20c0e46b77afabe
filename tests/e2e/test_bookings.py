"""Bookings in a browser: a visitor far away takes a time and moves it, and the host works it."""

import re
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from capture.models import Knock
from leadflow.calendars.models import Booking
from leadflow.calendars.selectors import free_slots
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import Activity
from tests import tools
from tests.factories.calendars import a_booking, a_meeting
from tests.factories.capture import block, published_form
from tests.factories.core import NOON, a_lead

FAR = "America/New_York"  # where the visitor is; the host is in Berlin


@pytest.fixture(autouse=True)
def _fresh_counts(transactional_db):
    Knock.objects.all().delete()


@pytest.fixture
def visitor(browser, live_server, console):
    """visitor(script=…): a page of somebody in New York, with her browser's time zone."""
    opened = []

    def come(*, script: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server.url, timezone_id=FAR, locale="en-US", user_agent=tools.BROWSER,
            java_script_enabled=script, viewport={"width": 1440, "height": 900},
        )  # fmt: skip
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: console.append(str(error)))
        page.on("console", lambda m: console.append(m.text) if m.type == "error" else None)
        return page

    yield come
    for context in opened:
        context.close()


@pytest.fixture
def meeting(bob):
    return a_meeting(
        bob, name="Demo of the roof", place="link", place_details="https://meet.example/x"
    )


def there(booking: Booking) -> str:
    """What the clock says where the visitor is."""
    return f"{booking.starts_at.astimezone(ZoneInfo(FAR)):%H:%M}"


def names_focus(page: Page) -> str:
    """What the control that has the focus is called."""
    return page.evaluate(
        "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
    )


def tab_to(page: Page, name: str) -> None:
    """Tab until the control of this name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if re.search(name, names_focus(page)):
            return
    pytest.fail(f"{name} is not reached by Tab")


def fill_by_keys(page: Page, address: str) -> str:
    """Fill and send the form without a mouse; the time that was chosen."""
    tab_to(page, "Email")
    page.keyboard.type(address)
    tab_to(page, r"\d\d:\d\d$")
    page.keyboard.press("ArrowRight")  # radio buttons: the next time
    page.keyboard.press("Space")
    chosen = names_focus(page)[-5:]
    tab_to(page, "^Send$")
    page.keyboard.press("Enter")
    return chosen


def booked_form(meeting) -> str:
    """Where a form lies that asks for a time."""
    return published_form(
        block("email", name="email", label="Email", is_required=True),
        block("slots", name="slot", label="When does it suit you?", meeting=str(meeting.pk), is_required=True),
    ).public_path  # fmt: skip


def test_a_visitor_far_away_takes_a_time_by_keyboard_and_moves_it(
    visitor, meeting, axe, fits, drain_events
):
    page = visitor()
    page.goto(booked_form(meeting))
    expect(page.get_by_text("Times in New York")).to_be_visible()
    axe(page)

    chosen = fill_by_keys(page, "ada@north.example")

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    booking = Booking.objects.get()
    assert (there(booking), booking.zone) == (chosen, FAR)
    drain_events()
    letter = Delivery.objects.get(key__endswith=":confirmed")
    event = Calendar.from_ical(letter.calendar).walk("VEVENT")[0]
    assert event["DTSTART"].dt == booking.starts_at
    assert f"{chosen} (New York time)" in letter.subject

    page.goto(urlsplit(re.search(r"https?://\S+/booked/\S+/", letter.text)[0]).path)
    expect(page.get_by_text(f"{chosen} (New York time)")).to_be_visible()
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    fits(page)
    page.get_by_role("link", name="Move it").click()
    expect(page.get_by_text("Times in New York")).to_be_visible()
    axe(page)
    fits(page)
    page.locator("summary").nth(1).press("Enter")
    page.locator("details[open] input").last.check()
    page.get_by_role("button", name="Move to this time").click()

    expect(page.get_by_role("heading", name="It is booked")).to_be_visible()
    before = booking.starts_at
    booking.refresh_from_db()
    assert booking.starts_at > before
    assert booking.activity.due_at == booking.starts_at


def test_the_page_of_a_meeting_shows_the_visitors_time_and_fits_a_small_screen(
    visitor, meeting, axe, fits
):
    page = visitor()
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(meeting.public_path)
    page.wait_for_url(re.compile("tz=America"))
    expect(page.get_by_text("Times in New York")).to_be_visible()
    axe(page)
    fits(page)
    tall = page.locator(".lf-times a").evaluate_all("all => all.every(a => a.offsetHeight >= 44)")
    assert tall

    page.get_by_role("navigation", name="Days with free times").get_by_role("link").nth(2).click()
    page.locator(".lf-times a").first.click()
    axe(page)
    fits(page)
    page.get_by_role("link", name="Another time").click()
    expect(page.get_by_role("heading", name="Choose a day and a time")).to_be_visible()


def test_without_a_script_a_time_is_booked_and_given_back(visitor, meeting):
    page = visitor(script=False)
    page.goto(meeting.public_path)
    page.get_by_text("Times in").click()
    page.get_by_label("Time zone").select_option(FAR)
    page.get_by_role("button", name="Show times there").click()
    page.locator(".lf-days a").nth(1).click()
    page.locator(".lf-times a").first.click()
    page.get_by_label("Your name").fill("Ada North")
    page.get_by_label("Email").fill("ada@north.example")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="It is booked")).to_be_visible()
    assert Booking.objects.get().zone == FAR

    page.get_by_role("button", name="Cancel it").click()

    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    page.get_by_role("link", name="Book another time").click()
    expect(page.get_by_role("heading", name=meeting.name)).to_be_visible()


def test_the_host_works_a_meeting_that_is_over_and_gives_out_a_link(
    page: Page, sign_in, bob, meeting, axe, fits
):
    booking = a_booking(meeting, at=NOON, lead=a_lead(first_name="Ada", owner=bob))
    sign_in(page, bob)
    page.goto("/bookings/?tab=past")
    expect(page.get_by_text(meeting.name).first).to_be_visible()
    axe(page)
    page.goto(booking.lead.get_absolute_url())
    offer = page.locator(".lf-rail-part", has_text="Book a meeting")
    offer.get_by_role("button", name="Copy link").click()
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    fits(page)

    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/my-day/")
    page.get_by_role("link", name="Ada").first.click()
    page.get_by_role("button", name="Did not come").wait_for()
    axe(page)
    page.get_by_role("button", name="Did not come").click()
    expect(page.get_by_text("What comes next with Ada")).to_be_visible()

    booking.refresh_from_db()
    assert booking.state == Booking.State.MISSED


def test_the_host_moves_a_meeting_of_today_from_the_day(page: Page, sign_in, bob, meeting, axe):
    start = next(
        iter(free_slots(meeting, (clock.now(), clock.now() + timedelta(days=9)), at=clock.now()))
    )
    booking = a_booking(meeting, start, at=clock.now(), lead=a_lead(first_name="Ada", owner=bob))
    Activity.objects.update(due_at=clock.now() + timedelta(seconds=5))  # as if it were today
    sign_in(page, bob)
    page.goto("/my-day/")
    page.get_by_role("link", name="Ada").first.click()
    page.get_by_label("Another time").select_option(index=3)
    axe(page)
    page.get_by_role("button", name="Move the meeting").click()

    expect(page.get_by_text("A mail says so")).to_be_visible()
    booking.refresh_from_db()
    assert booking.starts_at > start

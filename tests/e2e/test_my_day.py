"""A rep's morning: the queue is worked in place, by keys alone and on a phone."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from leadflow.handover import services as handovers
from leadflow.handover.models import Handover
from leadflow.kit import clock
from leadflow.models import Activity, LeadStage
from leadflow.services import activities, leads
from tests.factories.core import a_lead


@pytest.fixture
def late_call(bob):
    lead = a_lead(first_name="Ann", last_name="Late", owner=bob)
    return activities.plan(
        kind="call", subject="Ring", lead=lead, owner=bob, by=bob,
        due_at=clock.now() - timedelta(hours=1),
    )  # fmt: skip


@pytest.fixture
def offered(bob):
    lead = a_lead(first_name="Ben", last_name="Offered", owner=bob)
    leads.advance(lead, to=LeadStage.MQL, by=None)
    offer = handovers.open_many(lead_ids=[lead.pk], why="A1")[0]
    # in office hours it would be the most urgent of all
    Handover.objects.filter(pk=offer.pk).update(due_at=clock.now() + timedelta(hours=5))
    return offer


def test_a_morning_is_worked_by_keys_alone(page: Page, sign_in, bob, late_call, offered):
    sign_in(page, bob)
    page.goto("/my-day/")
    expect(page.locator("[data-queue-row]")).to_have_count(2)

    page.keyboard.press("q")
    expect(page.get_by_text("How did the call go?")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_text("What comes next with Ann Late?")).to_be_visible()
    page.get_by_role("button", name="Plan it").press("Enter")

    # the next row has opened by itself
    expect(page.locator(".lf-qopen")).to_contain_text("Ben Offered")
    expect(page.get_by_text("Or return it, because")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("#lf-toasts")).to_contain_text("Ben Offered is yours")

    late_call.refresh_from_db()
    offered.refresh_from_db()
    assert (late_call.outcome, offered.state) == ("no_answer", "accepted")
    again = Activity.objects.open().get(lead=late_call.lead)
    assert again.subject == "Call again"


def test_the_tick_of_a_row_says_that_it_is_done(page: Page, sign_in, bob, late_call):
    sign_in(page, bob)
    page.goto("/my-day/")

    page.get_by_role("button", name="Done: ").click()

    expect(page.get_by_text("What comes next with Ann Late?")).to_be_visible()
    late_call.refresh_from_db()
    assert late_call.done_at


def test_escape_closes_the_row_and_leaves_the_focus_on_it(page: Page, sign_in, bob, late_call):
    sign_in(page, bob)
    page.goto("/my-day/")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".lf-qopen")).to_have_count(1)
    page.keyboard.press("Escape")

    expect(page.locator(".lf-qopen")).to_have_count(0)
    expect(page.get_by_role("link", name="Ann Late")).to_be_focused()


def test_what_somebody_else_adds_appears_by_itself(page: Page, sign_in, bob, late_call):
    sign_in(page, bob)
    page.goto("/my-day/")
    expect(page.locator("[data-queue-row]")).to_have_count(1)

    activities.plan(
        kind="todo", subject="Send it", lead=a_lead(owner=bob), owner=bob, by=None,
        due_at=clock.now() - timedelta(minutes=5),
    )  # fmt: skip

    expect(page.locator("[data-queue-row]")).to_have_count(2, timeout=20_000)


def test_an_open_row_fits_a_phone(page: Page, sign_in, bob, late_call):
    page.set_viewport_size({"width": 320, "height": 700})
    sign_in(page, bob)
    page.goto("/my-day/")

    page.locator("[data-queue-row]").get_by_role("link", name="Call").click()
    expect(page.get_by_role("button", name="No answer")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_hot_list_is_worked_by_keys_and_the_next_opens_by_itself(page: Page, sign_in, bob):
    for name in ("Ann", "Ben"):
        lead = a_lead(first_name=name, last_name="Hot", owner=bob)
        leads.advance(lead, to=LeadStage.MQL, by=None)
    sign_in(page, bob)
    page.goto("/my-day/hot/")
    expect(page.locator("[data-queue-row]")).to_have_count(2)

    page.keyboard.press("q")
    expect(page.get_by_text("How did the call go?")).to_be_visible()
    page.keyboard.press("t")
    expect(page.get_by_text("What comes next with Ann Hot?")).to_be_visible()
    page.get_by_label("In a few words").fill("Ring again")
    page.get_by_label("Due").fill("2031-01-01T10:00")
    page.get_by_role("button", name="Plan it").press("Enter")

    expect(page.locator(".lf-qopen")).to_contain_text("Ben Hot")
    expect(page.get_by_text("How did the call go?")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_text("What comes next with Ben Hot?")).to_be_visible()
    page.get_by_role("button", name="Nothing for now").click()
    expect(page.get_by_text("Nobody waits")).to_be_visible()
    assert Activity.objects.open().get().subject == "Ring again"


def test_what_is_upcoming_opens_by_a_key_and_leaves_the_queue_alone(
    page: Page, sign_in, bob, late_call
):
    ahead = a_lead(first_name="Tove", last_name="Morrow", owner=bob)
    activities.plan(
        kind="call", subject="Ring tomorrow", lead=ahead, owner=bob, by=bob,
        due_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    sign_in(page, bob)
    page.goto("/my-day/")
    expect(page.get_by_role("link", name="Tove Morrow")).to_be_hidden()

    page.keyboard.press("u")
    expect(page.get_by_role("link", name="Tove Morrow")).to_be_visible()
    page.keyboard.press("q")
    expect(page.locator(".lf-qopen")).to_contain_text("How did the call go?")
    page.keyboard.press("s")

    # put off, it stands among what is upcoming, which is still open
    expect(page.locator("#lf-ahead-count")).to_have_text("2")
    expect(page.locator(".lf-qahead").get_by_role("link", name="Ann Late")).to_be_visible()
    expect(page.locator("[data-queue-row]")).to_have_count(0)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_lead_is_rejected_by_keys_and_the_next_row_opens(page: Page, sign_in, bob, late_call):
    other = a_lead(first_name="Cy", last_name="Next", owner=bob, stage=LeadStage.SAL)
    sign_in(page, bob)
    page.goto("/my-day/")

    page.keyboard.press("q")
    expect(page.get_by_text("How did the call go?")).to_be_visible()
    page.keyboard.press("b")
    page.get_by_label("What happens").select_option("disqualified")
    page.get_by_label("Why").select_option("no_fit_size")
    page.get_by_role("button", name="Take it off").click()

    expect(page.locator("#lf-toasts")).to_contain_text("is off the road")
    expect(page.locator(".lf-qopen")).to_contain_text(other.name)
    late_call.lead.refresh_from_db()
    assert late_call.lead.disposition == "disqualified"

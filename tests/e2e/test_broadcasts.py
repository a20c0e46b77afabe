"""A marketer writes a broadcast in the browser, tries it, schedules it, and sees it sent."""

import os
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.mail.sender import Sender
from leadflow.segments import services as segments
from nurturing.models import Broadcast
from nurturing.services import sending
from tests.factories.core import a_lead
from tests.factories.nurturing import a_reader, lawful, run_broadcast

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures"),  # of pytest-base-url
]
PICTURES = os.environ.get("PICTURES", "")


def picture(page, name):
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.fixture
def marketer(page, sign_in, max):
    lawful()
    people = [a_reader(first_name=name) for name in ("Ann", "Bea", "Cem")]
    people.append(a_lead(first_name="Silent"))
    ids = [one.pk for one in people]
    segments.create(name="Readers", kind="static", lead_ids=ids, by=None)
    sign_in(page, max)
    return page


def test_a_broadcast_is_written_tried_scheduled_and_sent(marketer, axe, fits, monkeypatch):
    page = marketer
    page.goto("/broadcasts/")
    page.get_by_role("button", name="Write the first broadcast").click()
    page.get_by_label("Name").fill("Autumn news")
    page.get_by_role("button", name="Begin to write").click()

    page.get_by_label("Subject", exact=True).fill("News for ")
    page.get_by_label("Subject", exact=True).press("End")
    page.get_by_role("button", name="First name").click()
    page.get_by_label("Preview text").fill("Three roofs, three answers")
    page.get_by_label("Message").fill("Look: [the roofs](https://www.example/roofs)")
    page.get_by_role("group", name="Goes to").get_by_label("Readers").check()
    expect(page.get_by_label("Day")).to_be_hidden()
    page.get_by_label("At a time, for everybody together").check()
    page.get_by_label("Day").fill((clock.now() + timedelta(days=2)).strftime("%Y-%m-%d"))
    page.get_by_label("Hour", exact=True).fill("09:30")
    axe(page)
    picture(page, "broadcast-edit")
    page.get_by_role("button", name="Save and read as a lead").click()

    expect(page.locator(".lf-flow-mail")).to_contain_text("Look: the roofs")
    page.get_by_role("button", name="Send it to me").click()
    expect(page.get_by_text("A test mail is on its way")).to_be_visible()

    page.get_by_role("link", name="Review").first.click()
    expect(page.locator(".lf-cast-number")).to_contain_text("3 people of 4")
    expect(page.locator(".lf-cast-reasons").first).to_contain_text("No consent for email")
    axe(page)
    picture(page, "broadcast-review")
    page.get_by_role("button", name="Schedule it").click()
    picture(page, "broadcast-confirm")
    page.get_by_role("button", name="Schedule for 3 people").click()
    expect(page.get_by_text("Confirmed for 3 people.")).to_be_visible()

    row = Broadcast.objects.get()
    run_broadcast(row)
    page.reload()
    expect(page.get_by_text("3 people will get it.")).to_be_visible()
    moment = row.begins_at
    monkeypatch.setattr("leadflow.kit.clock.now", lambda: moment)
    sending.push_due()
    row.refresh_from_db()
    run_broadcast(row)
    Delivery.objects.update(not_before=row.created_at)
    Sender().run()
    sending.push_due()

    page.goto(row.get_absolute_url())
    expect(page.locator(".lf-top").get_by_text("Sent")).to_be_visible()
    expect(page.get_by_role("link", name="Delivered 3")).to_be_visible()
    axe(page)
    picture(page, "broadcast")
    page.get_by_role("link", name="Delivered 3").click()
    expect(page.get_by_role("row")).to_have_count(4)

    page.goto(row.get_absolute_url())
    page.set_viewport_size({"width": 320, "height": 700})
    fits(page)
    page.goto("/broadcasts/")
    fits(page)
    assert Delivery.objects.filter(state="sent", lead__isnull=False).count() == 3


def test_one_that_is_being_sent_is_paused_and_called_off(marketer):
    from tests.factories.nurturing import a_broadcast, cast

    page, row = marketer, cast(a_broadcast(a_reader(), a_reader()), at=clock.now())
    page.goto(row.get_absolute_url())
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: nothing of it leaves.")).to_be_visible()
    page.get_by_role("button", name="Go on sending").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()

    page.get_by_label("More", exact=True).click()
    page.get_by_role("button", name="Call it off").click()
    page.get_by_role("dialog").get_by_role("button", name="Call it off").click()

    expect(page.get_by_text("2 people did not get it.")).to_be_visible()

"""A webinar from nothing: planned, put into a form, registered for, and who came read from a file."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from icalendar import Calendar
from playwright.sync_api import Page, expect

from capture.models import Form, Knock, Occasion, Registration
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import Lead, LeadScore
from leadflow.runs import leasing
from qualification.services import models
from tests import tools
from tests.factories.occasions import move_back
from tests.faults.processes import start


@pytest.fixture(autouse=True)
def _fresh_counts(transactional_db):
    Knock.objects.all().delete()


def plan(page: Page) -> Occasion:
    """A marketer plans it and puts it into a form that goes live."""
    page.goto("/events/")
    page.get_by_role("link", name="Plan an event").click()
    page.get_by_label("Title").fill("Roofs that pay")
    day = (clock.now() + timedelta(days=9)).date().isoformat()
    page.get_by_label("Starts").fill(f"{day}T10:00")
    page.get_by_label("Ends").fill(f"{day}T11:00")
    page.get_by_label("Link to join").fill("https://meet.example/roofs")
    page.get_by_label("Places", exact=True).fill("8")
    page.get_by_role("button", name="Plan event").click()
    page.get_by_role("button", name="Make a form for it").click()
    page.wait_for_url(re.compile(r"/forms/\d+/$"))
    page.get_by_role("button", name=re.compile("^Publish")).click()
    page.wait_for_url(re.compile("/share/"))
    return Occasion.objects.get()


def register(browser, address: str) -> None:
    """A visitor without script registers, and reads what she got."""
    context = browser.new_context(java_script_enabled=False, user_agent=tools.BROWSER)
    visitor = context.new_page()
    visitor.goto(address)
    expect(visitor.get_by_text("8 places left")).to_be_visible()
    visitor.get_by_label("First name").fill("Ada")
    visitor.get_by_label("Email").fill("ada@north.example")
    visitor.get_by_role("button", name="Save my seat").click()
    expect(visitor.get_by_text("You have a place.")).to_be_visible()
    context.close()


def bring(page: Page) -> None:
    """The marketer brings the list of the webinar's tool in."""
    page.get_by_role("link", name="Import who came").click()
    table = b"Email,Attended,Time in Session (minutes)\nada@north.example,Yes,44\n"
    file = {"name": "zoom.csv", "mimeType": "text/csv", "buffer": table}
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/map/")
    page.locator("select[name*='event']").select_option(index=1)
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Start the import").click()
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    run = leasing.claim(heavy=True)
    variables = {"VAR_DIR": str(settings.VAR_DIR)}
    with start("-m", "leadflow", "run_work", str(run.pk), str(run.token), **variables) as child:
        assert child.wait(60) == 0


def test_a_webinar_before_and_after(page: Page, browser, sign_in, max, drain_events, axe, fits):
    page.set_default_timeout(30_000)
    models.begin()
    sign_in(page, max)
    occasion = plan(page)
    form = Form.objects.get()

    register(browser, page.url.partition("/forms/")[0] + form.public_path)
    drain_events()
    mail = Delivery.objects.get(key__endswith=":welcome")
    assert Calendar.from_ical(mail.calendar).walk("VEVENT")[0]["SUMMARY"] == "Roofs that pay"
    lead = Lead.objects.get()
    before = LeadScore.objects.get(lead=lead).engagement

    page.goto(occasion.get_absolute_url())
    axe(page)
    link = re.search(r"https?://\S+/e/\S+/", mail.text)
    page.goto(urlsplit(link[0]).path)
    expect(page.get_by_role("button", name="Give my place back")).to_be_visible()
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    fits(page)

    move_back(occasion)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(occasion.get_absolute_url())
    fits(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    bring(page)
    drain_events()

    assert Registration.objects.get().state == Registration.State.ATTENDED
    assert LeadScore.objects.get(lead=lead).engagement > before
    page.goto(lead.get_absolute_url())
    expect(page.get_by_text("attended the event").first).to_be_visible()
    page.goto(occasion.get_absolute_url())
    expect(page.get_by_text("44 minutes")).to_be_visible()

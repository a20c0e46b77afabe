"""A marketer makes a page from a start, publishes it, and a visitor becomes a lead who knows the page."""

import re

import pytest
from playwright.sync_api import Page, expect

from capture.models import Knock, LandingPage, Submission
from leadflow.assets.images import take_in
from leadflow.models import Campaign
from tests.factories.capture import a_picture, page_block, published_form, published_page
from tests.tools import BROWSER

SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; })
    .observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(sum), 600);
})"""


@pytest.fixture(autouse=True)
def _fresh_counts(transactional_db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    Knock.objects.all().delete()


def test_from_a_start_to_a_lead_who_shows_the_page_and_the_campaign(
    page: Page, sign_in, max, browser
):
    campaign = Campaign.objects.create(name="Spring roofs")
    sign_in(page, max)
    page.goto("/pages/")
    page.get_by_role("button", name=re.compile("Guide download")).click()
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    made = LandingPage.objects.get()

    page.locator("[data-canvas] [data-id]").first.click()
    heading = page.locator("[data-properties]").get_by_label("Heading")
    with page.expect_response(re.compile("/draft/")):
        heading.fill("Roofs that last")
    preview = page.frame_locator("[data-preview-frame]")
    expect(preview.get_by_role("heading", name="Roofs that last")).to_be_visible()

    page.goto(f"/pages/{made.pk}/settings/")
    page.get_by_label("Campaign").select_option(label="Spring roofs")
    page.get_by_role("button", name="Save").click()
    page.goto(f"/pages/{made.pk}/")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    page.get_by_role("button", name="Publish version 1").click()
    page.wait_for_url(re.compile("/share/"))
    made.refresh_from_db()

    visitor = browser.new_page(user_agent=BROWSER)
    visitor.goto(f"{page.url.split('/pages/')[0]}{made.public_path}?utm_source=fair")
    assert visitor.evaluate(SHIFTS) == 0
    visitor.get_by_role("link", name="Get the guide").click()
    visitor.get_by_label("First name").fill("Ada")
    visitor.get_by_label("Email").first.fill("ada@north.example")
    visitor.get_by_role("checkbox").first.check()
    visitor.get_by_role("button", name="Send me the guide").click()
    expect(visitor.locator(".lf-thanks")).to_be_visible()
    assert visitor.context.cookies() == []
    visitor.context.close()

    sent = Submission.objects.get()
    assert (sent.state, sent.reason, sent.error) == ("processed", "", "")
    assert (sent.page, sent.lead.campaign) == (made, campaign)
    page.goto(f"/campaigns/{campaign.pk}/leads/")
    expect(page.get_by_role("link", name="Ada")).to_be_visible()


def test_a_page_with_pictures_moves_nothing_and_works_without_script(
    browser, live_server, axe, fits
):
    row = take_in(a_picture(1200, 800), name="roof.png", by=None)
    form = published_form()
    made = published_page(
        page_block(
            "hero", title="Roofs that last", image=row.public_id, alt="A roof", button="Ask"
        ),
        page_block(
            "proof",
            title="Voices",
            items=[{"quote": "Good.", "name": "Ines", "role": "", "image": row.public_id}],
        ),
        page_block("faq", title="Questions", items=[{"question": "Why?", "answer": "So."}]),
        page_block("form", form=form.public_id),
        form=form,
    )
    context = browser.new_context(viewport={"width": 390, "height": 800}, user_agent=BROWSER)
    visitor = context.new_page()
    visitor.goto(live_server.url + made.public_path)
    assert visitor.evaluate(SHIFTS) == 0
    axe(visitor)
    visitor.set_viewport_size({"width": 320, "height": 640})
    fits(visitor)
    context.close()

    plain = browser.new_context(java_script_enabled=False, user_agent=BROWSER)
    visitor = plain.new_page()
    visitor.goto(live_server.url + made.public_path)
    visitor.get_by_label("Email").first.fill("ada@north.example")
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Submission.objects.get().page == made
    plain.close()

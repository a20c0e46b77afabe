"""A marketer makes variant B and starts; visitors keep what they see; B is taken live."""

import os
import re

import pytest
from playwright.sync_api import Page, expect

from capture.models import FormView, Knock, Submission, VisitorPolicy
from leadflow.experiments.models import Experiment
from tests.factories.capture import published_form
from tests.tools import BROWSER

SHOTS = os.environ.get("LEADFLOW_SHOTS", "")


@pytest.fixture(autouse=True)
def _fresh_counts(transactional_db):
    Knock.objects.all().delete()
    VisitorPolicy.objects.create(pk=1, mode="day")


def test_b_is_made_shared_out_kept_on_reload_counted_and_taken_live(
    page: Page, sign_in, max, browser, live_server, axe, fits
):
    form = published_form()
    sign_in(page, max)
    page.goto(f"/forms/{form.pk}/test/")
    axe(page)
    page.get_by_role("button", name="Make variant B").click()
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    page.locator("[data-canvas] [data-id]").first.click()
    with page.expect_response(re.compile("/draft/")):
        page.locator("[data-properties]").get_by_label("Text").first.fill("Words of B")
    page.get_by_role("link", name="Back to the A/B test").click()

    page.get_by_label("what is different").fill("a warmer heading")
    axe(page)
    shot(page, "draft")
    page.set_viewport_size({"width": 320, "height": 700})
    fits(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Start the test").click()
    expect(page.get_by_text("Visitors see a variant each from now on.")).to_be_visible()

    seen = {}
    for number in range(12):
        agent = f"{BROWSER} Edition/{number}"
        visitor = browser.new_page(user_agent=agent)
        for _again in range(2):
            with visitor.expect_response(re.compile("/seen/")):
                visitor.goto(live_server.url + form.public_path)
            is_b = visitor.get_by_text("Words of B").is_visible()
            assert seen.setdefault(agent, is_b) == is_b
        assert visitor.context.cookies() == []
        if is_b and not Submission.objects.exists():
            visitor.get_by_label("Email").first.fill("ada@north.example")
            visitor.get_by_role("button", name="Send").click()
            expect(visitor.locator(".lf-thanks")).to_be_visible()
        visitor.context.close()
        if set(seen.values()) == {True, False} and Submission.objects.exists():
            break
    assert set(seen.values()) == {True, False}
    b = Experiment.objects.get().variants.get(key="b")
    assert Submission.objects.get().variant == b
    people = FormView.objects.exclude(person="").values("person").distinct().count()
    assert people == len(seen)

    page.reload()
    row = page.get_by_role("row", name=re.compile("^B"))
    expect(row.get_by_role("cell").first).to_have_text(str(sum(seen.values())))
    axe(page)
    shot(page, "running")
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 700})
        fits(page)
        shot(page, f"running-{width}")
    page.set_viewport_size({"width": 1440, "height": 900})
    row.get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("link", name="a…@north.example").first).to_be_visible()
    page.goto(f"/forms/{form.pk}/numbers/")
    expect(page.get_by_role("heading", name="By variant")).to_be_visible()
    shot(page, "numbers")

    page.goto(f"/forms/{form.pk}/test/")
    page.get_by_role("button", name="Stop the test").click()
    page.get_by_label(re.compile("Take B live")).check()
    shot(page, "stop")
    page.get_by_role("dialog").get_by_role("button", name="Stop the test").click()
    expect(page.get_by_text("variant B was kept")).to_be_visible()
    shot(page, "stopped")
    form.refresh_from_db()
    assert (form.live.number, "Words of B" in str(form.live.content)) == (3, True)


def shot(page: Page, name: str) -> None:
    """A picture for whoever looks at the screens; only where a folder is named."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)

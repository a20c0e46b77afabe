"""The tracker in a real browser: on another site until she sends a form, and the question on our own pages."""

import pytest
from playwright.sync_api import expect

from capture.models import Behaviour, Knock, Submission, Visit, Visitor, VisitorPolicy
from leadflow.models import Engagement, Touchpoint
from tests.e2e.test_form_embed import other_site
from tests.factories.capture import published_form

__all__ = ["other_site"]
SITE = """<!doctype html><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
<script src="{app}/track.js" async></script>
<h1>Our shop</h1><a href="/pricing/">Prices</a> <a href="/contact/">Contact</a>
<div id="place"><script src="{app}/embed.js" data-form="{code}" async></script></div>"""


@pytest.fixture
def followed(transactional_db, other_site, live_server, settings):
    """A site that carries the tracker and a form, and may report."""
    settings.PUBLIC_BASE_URL = live_server.url
    Knock.objects.all().delete()
    VisitorPolicy.objects.create(pk=1, mode="id", sites=[other_site.origin])
    form = published_form(allowed_origins=[other_site.origin])
    other_site(SITE.format(app=live_server.url, code=form.public_id))
    return form


def leave(page):
    """As when a page is left; the browser of the tests drops what it would send while it goes."""
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    page.wait_for_timeout(700)


def test_what_brought_a_visitor_survives_until_she_sends_the_form(
    page, other_site, followed, drain_events
):
    page.goto(f"{other_site.origin}/?utm_source=fair&gclid=abc")
    page.wait_for_function("window.leadflow && leadflow.asks()")
    page.evaluate("leadflow.consent('granted')")
    page.mouse.move(50, 60)
    page.get_by_role("link", name="Prices").click()
    page.wait_for_url("**/pricing/")
    page.wait_for_function("window.leadflow && leadflow.visitor()")
    page.evaluate("leadflow.track('calculator used', {value: 5})")
    page.get_by_role("link", name="Contact").click()
    page.wait_for_url("**/contact/")
    inside = page.frame_locator("iframe")
    inside.get_by_label("Email").fill("ada@north.example")
    inside.get_by_role("button", name="Send").click()
    expect(inside.get_by_role("heading", name="Thank you")).to_be_visible()
    leave(page)
    drain_events()

    row = Submission.objects.get()
    assert row.utm == {"utm_source": "fair", "gclid": "abc"}
    assert row.state == Submission.State.PROCESSED, row.reason
    seen = Engagement.objects.filter(lead=row.lead, kind="page.viewed")
    assert set(seen.values_list("topic", flat=True)) >= {"", "pricing", "contact"}
    assert Engagement.objects.filter(kind="product.used", label="calculator used", value=5).exists()
    assert Engagement.objects.filter(kind="form.started").exists()
    assert Touchpoint.objects.get(lead=row.lead).utm == row.utm
    assert Visit.objects.get(visitor__is_anonymous=False).lead == row.lead
    opening = followed.openings.get(started_at__isnull=False)
    assert (opening.touched, opening.source) == (["email"], "fair")
    assert page.context.cookies() == []


def test_time_counts_while_the_page_is_shown_and_used(page, other_site, followed):
    page.clock.install()
    page.goto(f"{other_site.origin}/pricing/")
    page.wait_for_function("window.leadflow && leadflow.asks()")
    page.evaluate("leadflow.consent('granted')")
    shown = """(how) => {
      Object.defineProperty(document, 'visibilityState', {value: how, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    used = "dispatchEvent(new Event('scroll'))"

    page.evaluate(used)
    page.clock.fast_forward(10_000)
    page.evaluate(shown, "hidden")  # ten seconds were read
    page.clock.fast_forward(600_000)  # another tab was in front
    page.evaluate(shown, "visible")
    page.clock.fast_forward(600_000)  # nobody was there: half a minute counts
    page.evaluate(used)
    page.clock.fast_forward(5_000)
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    page.wait_for_timeout(700)

    rows = Behaviour.objects.filter(kind__in=["page.viewed", "page.engaged"])
    assert sorted(rows.values_list("kind", flat=True)) == ["page.engaged", "page.viewed"]
    assert sum(row.seconds for row in rows) == pytest.approx(45, abs=3)


def test_who_says_no_or_asked_for_peace_is_not_followed(page, live_server, followed, browser):
    address = f"{live_server.url}{followed.public_path}"
    page.goto(address)
    page.wait_for_function("window.leadflow && leadflow.asks()")
    leave(page)
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.locator(".lf-ask")).to_be_hidden()
    # counted before she answered, by the hash of the day
    assert set(Visitor.objects.values_list("is_anonymous", flat=True)) == {True}
    Behaviour.objects.all().delete()
    page.reload()
    page.wait_for_function("window.leadflow")
    expect(page.locator(".lf-ask")).to_be_hidden()
    assert page.evaluate("Object.keys(localStorage)") == ["leadflow:consent"]

    quiet = browser.new_page(user_agent=page.evaluate("navigator.userAgent"))
    quiet.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    quiet.goto(address)
    quiet.wait_for_function("window.leadflow")
    assert quiet.evaluate("leadflow.asks()") is False
    assert quiet.evaluate("Object.keys(localStorage)") == []
    leave(page)
    leave(quiet)
    quiet.close()

    assert not Behaviour.objects.exists()

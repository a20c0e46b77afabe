"""What visitors and search engines get of a landing page."""

import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.utils import timezone

from capture.blocks.page_starts import page_block
from capture.models import PageDay, Submission
from capture.services import pages
from leadflow.assets import images
from leadflow.models import Campaign, PublicHost, Touchpoint
from leadflow.offers.models import Offer
from tests.factories.capture import (
    a_picture,
    contact_body,
    published_form,
    published_page,
)

HERO = {"title": "Roofs that last"}
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path, db):
    settings.MEDIA_ROOT = tmp_path


def text_of(client, page, **more):
    answer = client.get(page.public_path, **more)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_visitor_sees_the_page_under_a_policy_of_its_own_and_gets_no_cookie(client):
    answer = client.get(published_page().public_path)

    assert "Roofs that last" in answer.content.decode()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not answer.cookies


def test_it_loads_nothing_of_the_application(client):
    text = text_of(client, published_page())

    loaded = set(re.findall(r"(?:src|href)=\"/static/([^\"]+)\"", text))
    assert loaded == {"css/public.css", "css/landing.css", "js/public.js", "js/landing.js"}


def test_it_weighs_less_than_60_kilobytes_before_pictures(client):
    rows = [
        page_block("hero", **HERO, button="Ask"),
        page_block("form", form=published_form().public_id),
    ]
    rows += [page_block("faq", items=[{"question": "Why?" * 20, "answer": "So. " * 90}] * 10)]
    text = text_of(client, published_page(*rows))
    seen, weight = set(), len(text.encode())
    waiting = re.findall(r"(?:src|href)=\"/static/([^\"]+)\"", text)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        content = Path(finders.find(name)).read_bytes()
        weight += len(gzip.compress(content))
        waiting += [f"js/{one}" for one in re.findall(r"from \"\./([\w.-]+)\"", content.decode())]

    assert "js/formulas.js" in seen
    assert weight < 60_000


def test_search_engines_and_networks_read_its_words(client):
    page = published_page(settings={"description": "Ask us before it rains."})

    text = text_of(client, page)

    assert "<title>Roofs that last</title>" in text
    assert '<meta name="description" content="Ask us before it rains.">' in text
    assert '<link rel="canonical" href="http://testserver/p/roofs/">' in text.replace(
        "http://127.0.0.1:8000", "http://testserver"
    )
    assert 'property="og:title"' in text
    assert "noindex" not in text


def test_a_hidden_page_asks_not_to_be_listed(client):
    page = published_page(settings={"is_hidden": True})

    assert '<meta name="robots" content="noindex">' in text_of(client, page)
    assert page.public_path not in client.get("/sitemap.xml").content.decode()


def test_the_site_map_lists_open_pages_alone(client):
    shown = published_page()
    later = published_page(name="Later", opens_at=NOW + timedelta(days=1))

    listed = client.get("/sitemap.xml").content.decode()

    assert shown.public_path in listed
    assert later.public_path not in listed
    assert "/sitemap.xml" in client.get("/robots.txt").content.decode()


def test_pictures_have_a_size_and_a_choice_of_widths(client):
    row = images.take_in(a_picture(1200, 800), name="a.png", by=None)
    page = published_page(page_block("hero", **HERO, image=row.public_id, alt="A roof"))

    text = text_of(client, page)

    assert 'width="1200" height="800" alt="A roof"' in text
    assert f"/i/{row.public_id}/480.webp 480w" in text
    assert f'property="og:image" content="http://127.0.0.1:8000/i/{row.public_id}/card.jpg"' in text


def test_words_of_the_author_are_marked_and_never_run(client):
    evil = "**bold** <script>x</script> [a](javascript:alert(1)) [b](https://b.example)"
    page = published_page(page_block("hero", **HERO), page_block("heading_text", text=evil))

    text = text_of(client, page)

    assert "<strong>bold</strong>" in text
    assert "<script>x" not in text
    assert 'href="javascript' not in text
    assert 'href="https://b.example" rel="noopener"' in text


def test_abuse_B15_what_an_author_writes_runs_nowhere(client):
    evil = "</title><script>fetch('/api/v1/me')</script>"
    rows = (
        page_block("hero", title=evil, text=evil),
        page_block("faq", items=[{"question": evil, "answer": evil}]),
    )
    page = published_page(*rows, settings={"title": evil[:70], "description": evil})

    answer = client.get(page.public_path)

    assert "<script>fetch" not in answer.content.decode()
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]


def test_an_address_that_it_once_had_leads_on_for_ever_with_what_the_link_said(client, max):
    page = published_page()
    fields = ("name", "opens_at", "closes_at", "source", "campaign")
    told = {name: getattr(page, name) for name in fields} | {"slug": "flat-roofs"}
    pages.change(page=page, values=told, by=max)

    answer = client.get("/p/roofs/?utm_source=fair")

    assert answer.status_code == 301
    assert answer.headers["Location"].endswith("/p/flat-roofs/?utm_source=fair")


@pytest.mark.parametrize("state", ["draft", "archived"])
def test_abuse_B12_a_page_that_is_not_live_is_not_there(client, state):
    page = published_page()
    type(page).objects.update(status=state)

    assert client.get(page.public_path).status_code == 404
    assert client.get(f"/p/draft/{page.public_id}/").status_code == 404
    assert client.post(f"/p/{page.public_id}/seen/").status_code == 404


def test_a_draft_link_shows_the_draft_and_nothing_can_be_counted_there(client):
    page = published_page()
    page.draft["settings"]["title"] = "Not yet"
    page.save()

    answer = client.get(f"/p/draft/{pages.preview_token(page)}/")

    assert "<title>Not yet</title>" in answer.content.decode()
    assert f'data-page="{page.public_id}"' not in answer.content.decode()
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_page_opens_and_closes_by_itself(client):
    later = published_page(opens_at=NOW + timedelta(days=1))
    over = published_page(
        name="Over", opens_at=NOW - timedelta(days=2), closes_at=NOW - timedelta(days=1)
    )

    assert client.get(later.public_path).status_code == 404
    assert client.get(over.public_path).status_code == 410


def test_a_countdown_counts_to_the_end_of_the_offer_itself(client):
    offer = Offer.objects.create(name="Spring", value=10, ends_at=NOW + timedelta(days=3))
    row = page_block("countdown", offer=str(offer.pk), after="It is over.")
    page = published_page(page_block("hero", **HERO), row)

    assert f'data-until="{offer.ends_at.isoformat()[:16]}' in text_of(client, page)

    Offer.objects.update(ends_at=NOW - timedelta(seconds=1))
    text = text_of(client, page)
    assert "It is over." in text
    assert "data-until" not in text


def test_a_form_on_a_page_posts_to_its_own_door_and_names_the_page(client):
    campaign = Campaign.objects.create(name="Spring")
    form = published_form()
    page = published_page(form=form, campaign=campaign)
    text = text_of(client, page, query_params={"utm_source": "fair", "ref": "x"})
    action = re.search(r"action=\"([^\"]+)\"", text)[1].replace("&amp;", "&")

    client.post(action, contact_body(form))

    sent = Submission.objects.get()
    assert sent.page == page
    assert sent.page_url == "http://127.0.0.1:8000/p/roofs/?utm_source=fair&ref=x"
    assert sent.lead.campaign == campaign
    assert Touchpoint.objects.get().landing == sent.page_url
    assert sent.utm == {"utm_source": "fair"}


def test_a_page_that_somebody_made_up_is_none(client):
    form = published_form()

    client.post(f"{form.public_path}?lf_on=nothing", contact_body(form))

    assert Submission.objects.get().page is None


def test_views_are_counted_by_day(client):
    page = published_page()

    def report(key, **more):
        told = {"key": key, "page": "http://testserver/p/roofs/", "ref": ""} | more
        return client.post(f"/p/{page.public_id}/seen/", told, "application/json").status_code

    assert [report("opening-0001"), report("opening-0002")] == [204, 204]
    assert report("opening-0002", clicked=True) == 204
    assert report("") == 400

    assert PageDay.objects.get().views == 2
    assert page.openings.filter(clicked_at__isnull=False).count() == 1


def test_a_crawler_views_no_page(client):
    page = published_page()

    client.post(
        f"/p/{page.public_id}/seen/",
        {"key": "opening-0001"},
        "application/json",
        headers={"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
    )

    assert not PageDay.objects.exists()


def test_a_colour_of_its_own_is_a_style_sheet_that_holds_nothing_else(client):
    page = published_page(settings={"colour": "#0a7f3f"})

    assert "/p/colour/0a7f3f.css" in text_of(client, page)
    assert (
        "--brand: #0a7f3f; --on-brand: #ffffff"
        in client.get("/p/colour/0a7f3f.css").content.decode()
    )
    assert client.get("/p/colour/red%7D.css").status_code == 404


def test_the_main_host_name_stands_in_canonical_links(client):
    PublicHost.objects.create(
        name="pages.north.example", state="verified", is_main=True, created_at=NOW
    )

    text = text_of(client, published_page())

    assert 'rel="canonical" href="http://pages.north.example:8000/p/roofs/"' in text


def test_showing_a_page_asks_the_database_little(client, django_assert_max_num_queries):
    page = published_page()
    client.get(page.public_path)

    with django_assert_max_num_queries(6):
        client.get(page.public_path)

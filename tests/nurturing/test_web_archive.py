"""Broadcasts that anybody may read: the archive, an issue, the feed."""

import itertools
from xml.etree import ElementTree

import pytest
from django.test import Client

from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.mail.design.starts.parts import block
from leadflow.models import Engagement
from leadflow.offers.models import Offer
from nurturing.models import Broadcast
from nurturing.services import broadcasts, web_archive
from tests.factories.core import NOON
from tests.factories.designs import a_design
from tests.factories.nurturing import a_broadcast, a_reader, cast

pytestmark = pytest.mark.django_db
SECRET = "ann.secret"
_numbers = itertools.count(1)


def sent(*, state="sent", **fields):
    """One that went to Ann and is over."""
    fields = {
        "subject": "Grid fees",
        "body": 'Dear {{ lead.first_name | default: "reader" }}, hello.',
    } | fields
    row = cast(
        a_broadcast(
            a_reader(first_name="Ann", email=f"{SECRET}.{next(_numbers)}@customer.example"),
            **fields,
        )
    )
    Broadcast.objects.filter(pk=row.pk).update(state=state)
    row.refresh_from_db()
    return row


def shown(**fields):
    return web_archive.show(sent(**fields), by=None, at=NOON)


def test_nothing_is_there_until_somebody_shows_something():
    row = sent()

    pages = ["/news/", "/news/feed.xml", f"/news/{row.public_id or 'x'}/"]
    assert [Client().get(page).status_code for page in pages] == [404, 404, 404]


def test_an_issue_says_the_fallbacks_and_nothing_of_whoever_got_it():
    row = shown()

    page = Client().get(f"/news/{row.public_id}/")

    assert page.status_code == 200
    assert "Dear reader, hello." in page.content.decode()
    assert "css/public.css" in page.content.decode()  # the look of the organisation
    assert "<script" not in page.content.decode()
    assert "noindex" not in page.content.decode()
    assert "Ann" not in page.content.decode()
    assert SECRET not in page.content.decode()
    assert "/u/" not in page.content.decode()
    assert "/t/" not in page.content.decode()
    assert not page.cookies
    assert not Engagement.objects.exists()


def test_a_designed_issue_is_its_own_page_without_way_out_counter_or_script():
    design = a_design(
        block("text", text='Dear {{ lead.first_name | default: "reader" }}.'),
        block("button", button="Look", url="https://shop.example/a"),
        subject="From the design",
    )
    row = shown(subject="", body="", design=design)

    page = Client().get(f"/news/{row.public_id}/")
    words = page.content.decode()

    assert "Dear reader." in words
    assert 'href="https://shop.example/a"' in words
    assert "<title>From the design</title>" in words
    assert "1 Mill Lane" in words
    assert '<a href="/news/">Earlier issues</a>' in words
    assert "body,.lf-ground{background:#0e0f11" in words  # in dark nothing below it stays light
    assert "nsubscribe" not in words
    assert page.headers["Content-Security-Policy"].startswith("sandbox allow-popups")


def test_the_list_and_the_feed_name_issues_the_newest_first(settings):
    for n, subject in enumerate(["First", "Second & third <b>"]):
        row = shown(subject=subject, preview=f"Preview {n}")
        Broadcast.objects.filter(pk=row.pk).update(begins_at=NOON.replace(day=3 + n))

    listed = Client().get("/news/").content.decode()
    feed = ElementTree.fromstring(Client().get("/news/feed.xml").content)

    assert listed.index("Second &amp; third &lt;b&gt;") < listed.index("First")
    items = feed.findall("./channel/item")
    assert [item.findtext("title") for item in items] == ["Second & third <b>", "First"]
    assert items[0].findtext("description") == "Preview 1"
    assert items[0].findtext("link").startswith(settings.PUBLIC_BASE_URL + "/news/")
    assert items[0].findtext("pubDate") == "Wed, 04 Mar 2026 12:00:00 +0000"
    assert feed.find("./channel/{http://www.w3.org/2005/Atom}link").get("rel") == "self"


def test_the_list_costs_as_many_questions_for_many(django_assert_max_num_queries):
    for n in range(4):
        shown(subject=f"Issue {n}")

    with django_assert_max_num_queries(8):
        Client().get("/news/feed.xml")


def test_what_is_hidden_is_gone_and_comes_back_at_its_address(client, max):
    row = sent()
    client.force_login(max)

    client.post(f"/broadcasts/{row.pk}/web/", {"to": "show"})
    row.refresh_from_db()
    address = f"/news/{row.public_id}/"
    assert Client().get(address).status_code == 200
    assert address in client.get(f"/broadcasts/{row.pk}/").content.decode()
    client.post(f"/broadcasts/{row.pk}/web/", {"to": "hide"})
    assert Client().get(address).status_code == 404
    client.post(f"/broadcasts/{row.pk}/web/", {"to": "show"})
    assert Client().get(address).status_code == 200
    told = Event.objects.filter(data__name=f"broadcast:{row.pk}.shown_on_the_web")
    assert [one.data["to"] for one in told.order_by("id")] == ["yes", "no", "yes"]


def test_what_has_not_gone_out_or_gives_codes_is_not_shown():
    with pytest.raises(Conflict, match="left"):
        web_archive.show(a_broadcast(a_reader()), by=None)
    row = sent()
    Broadcast.objects.filter(pk=row.pk).update(
        offer=Offer.objects.create(name="Spring", value=5, code="SPRING")
    )
    with pytest.raises(Conflict, match="offer"):
        web_archive.show(row, by=None)


def test_a_copy_is_not_on_the_web():
    copy = broadcasts.duplicate(shown(), by=None)

    assert (copy.public_id, copy.shown_at) == ("", None)


def test_abuse_C05_an_issue_of_hostile_words_runs_nothing():
    row = shown(
        subject="<script>alert(1)</script>", body="<img src=x onerror=alert(1)> {{ lead.email }}"
    )

    for address in ("/news/", f"/news/{row.public_id}/", "/news/feed.xml"):
        words = Client().get(address).content.decode()
        assert "<script>alert" not in words
        assert "<img src=x" not in words

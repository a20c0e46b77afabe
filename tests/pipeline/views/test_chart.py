"""The chart of deals: bars that agree with the rows they open, whatever they are asked by."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape

import pytest

from leadflow.kit.text import search_text
from pipeline.models import Deal
from pipeline.selectors import grouping
from pipeline.services import deals
from pipeline.views.chart import BY
from tests.factories import pipeline as make
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def bobs(client, bob):
    client.force_login(bob)
    return client


@pytest.fixture
def some(bob):
    """Deals of every end."""
    lead = a_lead(owner=bob)
    make.deal(bob, name="Roof", amount=Decimal(2400), expected_close_on=date(2026, 5, 6))
    make.deal(bob, name="Barn", amount=None, lead=lead)
    make.deal(bob, name="Kiln", stage=make.stage("Proposal"), amount=Decimal(1000))
    deals.win(make.deal(bob, name="Shed"), amount=Decimal(500), by=bob)
    deals.lose(make.deal(bob, name="Pond"), reason=make.reason(), by=bob)


def bars(client, query):
    """{label: (deals, amount, weighted, where its number leads)}, as the table says it."""
    page = client.get(f"/deals/chart/{query}").content.decode()
    found = re.findall(
        r'<th scope="row">([^<]*)</th>(.*?)</tr>', page.split("</figure>")[1], re.DOTALL
    )
    return {
        unescape(label): (*re.findall(r">([^<>]+)<", rest.replace("\n", "")), href(rest))
        for label, rest in found
    }


def href(text):
    link = re.search(r'href="([^"]*)"', text)
    return unescape(link[1]) if link else ""


def test_a_bar_says_how_many_how_much_and_how_likely(bobs, some):
    found = bars(bobs, "?by=stage")

    assert list(found) == ["Qualified", "Proposal", "Won", "Lost"]
    assert found["Qualified"][:3] == ("2", "€2,400", "€480")
    assert found["Proposal"][:3] == ("1", "€1,000", "€600")
    assert found["Won"][:3] == ("1", "€500", "€500")
    assert found["Lost"][2] == "€0"


@pytest.mark.parametrize("by", BY)
def test_each_number_opens_as_many_deals(bobs, some, by):
    for label, (count, *_sums, url) in bars(bobs, f"?by={by}").items():
        if label == "Not told":
            assert url == ""
            continue
        page = bobs.get(url).content.decode()
        assert page.count("data-row ") + page.count("data-row>") == int(count), (label, url)


def test_months_follow_one_another_and_leave_out_who_has_no_date(bobs, bob):
    for on in (date(2026, 11, 3), date(2026, 2, 1), date(2026, 11, 30), None):
        make.deal(bob, expected_close_on=on)

    found = bars(bobs, "?by=closes")

    assert {label: row[0] for label, row in found.items()} == {"Feb 2026": "1", "Nov 2026": "2"}


def test_a_month_is_that_of_the_readers_clock(bobs, bob):
    bob.time_zone = "Pacific/Auckland"
    bob.save()
    Deal.objects.filter(pk=make.deal(bob).pk).update(
        opened_at=datetime(2026, 5, 31, 20, tzinfo=UTC)
    )

    assert list(bars(bobs, "?by=opened")) == ["Jun 2026"]
    assert "Deal" in bobs.get("/deals/list/?opened_in=2026-06").content.decode()


def test_filters_leave_the_bars_of_what_they_leave(bobs, some):
    assert list(bars(bobs, "?by=stage&status=open")) == ["Qualified", "Proposal"]
    assert (
        search_text("kiln")
        in bobs.get(bars(bobs, "?by=stage&q=kiln")["Proposal"][3]).content.decode().lower()
    )


def test_a_rep_counts_only_what_she_sees(bobs, bob, alice):
    make.deal(alice, name="Hers")

    assert "No deal to draw" in bobs.get("/deals/chart/").content.decode()


@pytest.mark.parametrize(
    "query", ["?by=x&of=y", "?by=won&won_in=2026-13", "?by=closes&closes_in=no"]
)
def test_whatever_is_asked_there_is_a_page(bobs, some, query):
    assert bobs.get(f"/deals/chart/{query}").status_code == 200


def test_beyond_forty_bars_the_rest_is_one(bob, monkeypatch):
    monkeypatch.setattr(grouping, "MOST", 1)
    make.deal(bob, amount=Decimal(3))
    make.deal(bob, kind="expansion", amount=Decimal(4))
    make.deal(bob, kind="expansion", amount=Decimal(5))

    first, rest = grouping.groups(Deal.objects.all(), "kind", nothing="-", rest="All others")

    assert (first.deals, rest.label, rest.deals, rest.amount) == (2, "All others", 1, Decimal(3))


def test_the_chart_takes_few_queries(bobs, some, django_assert_max_num_queries):
    bobs.get("/deals/chart/")
    with django_assert_max_num_queries(12):
        bobs.get("/deals/chart/?by=owner&of=amount")

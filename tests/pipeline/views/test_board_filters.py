"""A board narrowed by filters, rules and views, sorted, folded, and bounded however full it is."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode

from leadflow.kit import clock
from leadflow.people.models import User
from leadflow.web.models import SavedView
from pipeline.models import Deal, Pipeline
from pipeline.services import deals, totals
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def bobs(client, bob):
    client.force_login(bob)
    return client


def rule(*conditions, mode="all"):
    return json.dumps(
        {mode: [dict(zip(("field", "op", "value"), one, strict=True)) for one in conditions]}
    )


def page_of(client, url="/deals/", **query):
    return client.get(f"{url}?{urlencode(query)}").content.decode()


def names(page):
    return re.findall(r'class="lf-bcard-name"[^>]*>([^<]+)<', page)


def test_a_rule_narrows_the_cards_and_their_sums(bobs, bob):
    make.deal(bob, name="Small", amount=Decimal(100))
    make.deal(bob, name="Large", amount=Decimal(9000))

    page = page_of(bobs, rule=rule(("deal.base_amount", "more_than", 1000)))

    assert names(page) == ["Large"]
    assert "1 open, €9,000. Weighted €1,800" in page
    assert "Amount is more than 1,000" in page


def test_the_same_rule_asks_the_same_of_the_list(bobs, bob):
    make.deal(bob, name="Small deal", amount=Decimal(100))
    make.deal(bob, name="Large deal", amount=Decimal(9000))

    page = page_of(bobs, "/deals/list/", rule=rule(("deal.base_amount", "more_than", 1000)))

    assert "Large deal" in page
    assert "Small deal" not in page


@pytest.mark.parametrize(
    "broken", ["{", '{"all": 3}', '{"all":[{"field":"lead.email","op":"is"}]}']
)
def test_a_rule_that_cannot_be_read_is_told_and_shows_nothing(bobs, bob, broken):
    make.deal(bob)

    page = page_of(bobs, rule=broken)

    assert names(page) == []
    assert "cannot be read" in page


def test_kept_sums_and_counted_sums_agree(bobs, bob, mia, north):
    for number in range(4):
        make.deal(bob, amount=Decimal(number * 100 + 50) if number else None)
    Pipeline.objects.update(probability_source=Pipeline.Source.MANUAL)
    deals.edit(Deal.objects.last(), values={"probability": 70}, by=bob)

    kept = page_of(bobs)
    counted = page_of(bobs, rule=rule(("deal.status", "is", "open")))

    sums = r"(\d+ open, [^<]+)<"
    assert re.search(sums, kept)[1] == re.search(sums, counted)[1]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-amount", ["Large", "Small", "Blank"]),
        ("closes", ["Small", "Large", "Blank"]),
        ("nonsense", ["Blank", "Large", "Small"]),
    ],
)
def test_cards_are_sorted_as_asked_and_those_without_come_last(bobs, bob, sort, expected):
    today = clock.now().date()
    make.deal(bob, name="Blank", amount=None)
    make.deal(bob, name="Large", amount=Decimal(900), expected_close_on=today + timedelta(9))
    make.deal(bob, name="Small", amount=Decimal(100), expected_close_on=today)

    assert names(page_of(bobs, sort=sort)) == expected


@pytest.mark.parametrize("sort", ["next", "rank", "-amount", "closes", "stage"])
def test_every_order_pages_through_all_cards_once(bobs, bob, sort):
    bulk(bob, 120)

    page = page_of(bobs, sort=sort)
    seen = names(page)
    while more := re.search(r'hx-get="(/deals/more/[^"]+)"', page):
        page = bobs.get(more[1].replace("&amp;", "&"), headers=HTMX).content.decode()
        seen += names(page)

    assert len(seen) == 120
    assert len(set(seen)) == 120


@pytest.mark.parametrize(
    "cursor", ["x", "~", "2026-13-01~1", "NaN~1", "~99999999999999999999", "é~3"]
)
@pytest.mark.parametrize("sort", ["next", "-amount", "closes", "rank"])
def test_a_made_up_place_in_a_column_shows_nothing_or_its_rest(bobs, bob, sort, cursor):
    make.deal(bob)

    answer = bobs.get(
        f"/deals/more/?{urlencode({'sort': sort, 'column': make.stage().pk, 'after': cursor})}"
    )

    assert answer.status_code == 200


def bulk(owner, count, stage=None):
    """Many deals at once; the totals are counted anew."""
    stage, at = stage or make.stage(), clock.now()
    Deal.objects.bulk_create(
        Deal(
            name=f"Deal {number:05}", pipeline=stage.pipeline, stage=stage, owner=owner,
            rank=f"{number:06}z", amount=number % 7 or None, base_amount=number % 7 or None,
            currency="EUR", stage_since=at, created_at=at, opened_at=at,
            next_step_at=at + timedelta(days=number % 5) if number % 3 else None,
            expected_close_on=at.date() + timedelta(days=number % 11) if number % 4 else None,
        )
        for number in range(count)
    )  # fmt: skip
    totals.rebuild(stage.pipeline)


@pytest.mark.parametrize("query", [{}, {"rule": rule(("deal.status", "is", "open"))}])
def test_a_board_of_5000_cards_costs_what_one_of_60_costs(bobs, bob, query):
    bulk(bob, 60)
    page_of(bobs, **query)
    with CaptureQueriesContext(
        connection,
    ) as few:
        small = page_of(bobs, **query)
    Deal.objects.all().delete()
    bulk(bob, 5_000)

    with CaptureQueriesContext(connection) as many:
        large = page_of(bobs, **query)

    assert len(many) == len(few)
    assert len(names(large)) == 50
    assert len(large) < len(small) * 1.05
    assert "Show 4950 more" in large


def test_a_view_saved_on_the_board_is_a_view_of_the_list(bobs, bob):
    make.stage()
    state = urlencode({"owner": bob.pk, "sort": "closes"})
    saved = bobs.post(
        "/views/",
        {"page": "pipeline.deals", "name": "Mine", "state": state, "next": "/deals/"},
    )
    view = SavedView.objects.get(owner=bob)

    assert saved.headers["Location"] == f"/deals/?owner={bob.pk}&sort=closes&view={view.pk}"
    assert "Mine" in page_of(bobs, "/deals/list/")
    assert "Mine" in page_of(bobs, view=view.pk, owner=bob.pk, sort="closes")


def test_a_folded_column_stays_folded_for_her_alone(bobs, bob, client, mia):
    stage = make.stage()
    make.deal(bob)
    key = f"deals-{stage.pipeline_id}"

    answer = bobs.post("/me/board/", {"board": key, "column": stage.pk, "folded": "1"})
    mine = page_of(bobs)
    bobs.post("/me/board/", {"board": key, "column": stage.pk, "folded": "0"})
    opened = page_of(bobs)

    assert answer.status_code == 204
    assert mine.count("data-folded") == 1
    assert "data-folded" not in opened
    client.force_login(mia)
    assert "data-folded" not in page_of(client)


@pytest.mark.parametrize("column", ["", "x" * 41, "<b>", "A B"])
def test_a_column_that_cannot_be_is_not_remembered(bobs, bob, column):
    answer = bobs.post("/me/board/", {"board": "deals-1", "column": column, "folded": "1"})

    assert answer.status_code == 422
    assert User.objects.get(pk=bob.pk).preferences == {}


def test_folding_without_end_is_refused(bobs, bob):
    for number in range(61):
        answer = bobs.post("/me/board/", {"board": f"b-{number}", "column": "1", "folded": "1"})

    assert answer.status_code == 422
    assert len(User.objects.get(pk=bob.pk).preferences["folded"]) == 60


def test_abuse_E04_a_rule_names_no_deal_of_another_team(bobs, bob, carl):
    make.deal(bob, name="Of Bob")
    make.deal(carl, name="Secret of Carl")
    asked = rule(("deal.name", "contains", "of"))

    board, rows = page_of(bobs, rule=asked), page_of(bobs, "/deals/list/", rule=asked)
    preview = bobs.post("/rules/deal/preview/", {"field": "rule", "rule": asked}).content.decode()

    assert "Secret" not in board + rows + preview
    assert "Matches 1 deal" in preview


def test_the_builder_of_the_filter_offers_what_deals_have(bobs):
    page = bobs.get("/rules/deal/field/", headers=HTMX).content.decode()

    assert "deal.expected_close_on" in page
    assert "company.industry" in page

"""What a deal may be worth, as its pages tell it: probabilities, lines, settings."""

from decimal import Decimal

import pytest

from pipeline.models import Product
from pipeline.services import chances, deals, pipelines
from pipeline.services.deals import LineIn
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def words(response):
    return " ".join(response.content.decode().split())


def test_the_page_of_a_deal_tells_all_three_and_which_one_counts(as_, bob):
    deal = deals.edit(make.deal(bob), values={"probability": 70}, by=bob)
    deals.win(make.deal(bob), amount=Decimal(1), by=bob)
    chances.recompute()
    pipelines.change(deal.pipeline, values={"probability_source": "manual"}, by=None)

    page = words(as_(bob).get(f"/deals/{deal.pk}/"))

    assert '<b class="lf-medium">70 %</b>' in page
    assert "typed today, until it moves" in page
    assert "23.8 %" in page  # (100 + 20 x 20) / 21
    assert "from history: 1 of 1 won in 365 days" in page


def test_settings_say_what_the_open_deals_would_weigh_before_it_is_chosen(as_, alice, bob):
    deal = make.deal(bob, amount=Decimal(1000))
    deals.edit(deal, values={"probability": 70}, by=bob)

    page = words(as_(alice).get(f"/settings/pipelines/{deal.pipeline_id}/"))

    assert "What the open deals would weigh" in page
    assert "€200" in page
    assert "€700" in page


def test_lines_with_a_term_are_typed_and_told_on_the_deal(as_, bob):
    deal = make.deal(bob)
    typed = {
        "line-TOTAL_FORMS": "2", "line-INITIAL_FORMS": "0",
        "line-0-text": "Roof", "line-0-quantity": "1", "line-0-price": "9000", "line-0-tax": "19",
        "line-1-text": "Care", "line-1-quantity": "1", "line-1-price": "40",
        "line-1-billing": "month", "line-1-term_months": "24",
    }  # fmt: skip

    answer = as_(bob).post(f"/deals/{deal.pk}/lines/", typed)

    page = words(as_(bob).get(f"/deals/{deal.pk}/"))
    assert answer.status_code == 303
    for told in ("each month, for 24 months", "€9,000.00", "€40.00", "€480.00", "€9,960.00", "€1,710.00"):  # fmt: skip
        assert told in page


def test_a_line_takes_over_how_its_product_is_paid(as_, bob, alice):
    as_(alice).post(
        "/settings/pipelines/products/new/",
        {"name": "Care", "price": "480", "currency": "EUR", "billing": "year", "term_months": "36",
         "tax": "7", "is_active": "on"},
    )  # fmt: skip
    deal, product = make.deal(bob), Product.objects.get()

    as_(bob).post(
        f"/deals/{deal.pk}/lines/",
        {"line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "0", "line-0-product": product.pk,
         "line-0-quantity": "1"},
    )  # fmt: skip

    line = deal.lines.get()
    assert (line.billing, line.term_months, line.tax, line.price) == ("year", 36, 7, 480)


def test_lines_are_shown_as_they_are_when_they_are_changed(as_, bob):
    deal = make.deal(bob)
    deals.set_lines(
        deal,
        lines=[LineIn(text="Care", price=Decimal(81_600), billing="year", term_months=24)],
        by=bob,
    )

    page = words(as_(bob).get(f"/deals/{deal.pk}/lines/"))

    assert '<option value="year" selected>' in page
    assert 'value="24"' in page
    assert 'value="81600"' in page

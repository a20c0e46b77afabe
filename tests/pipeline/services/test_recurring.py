"""Lines that are paid again and again: what they are worth, on quotes, and as subscriptions of a win."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import clock
from leadflow.models import Organisation
from pipeline import rules, selectors
from pipeline.models import Product, Subscription
from pipeline.selectors import quotes as reading
from pipeline.services import deals, purchases, quotes
from pipeline.services.deals import LineIn
from tests.factories import pipeline as make
from tests.factories import quotes as quoting


def care(**more):
    """480 a year for three years, unless told otherwise."""
    fields = {"text": "Care", "price": Decimal(480), "billing": "year", "term_months": 36, **more}
    return LineIn(**fields)


ROOF = LineIn(text="Roof", price=Decimal(9000), tax=Decimal(19))


def worth(*lines):
    return rules.worth_of([line.counted() for line in lines])


# --- what they are worth ---


def test_what_is_paid_once_is_the_contract_and_in_no_year():
    found = worth(ROOF)

    assert (found.one_off, found.acv, found.tcv, found.monthly) == (9000, 0, 9000, 0)


@pytest.mark.parametrize(
    ("billing", "price", "term", "acv", "tcv"),
    [
        ("month", 40, 24, 480, 960),
        ("quarter", 120, 6, 480, 240),
        ("year", 480, 36, 480, 1440),
        ("year", 480, 18, 480, 720),
    ],
)
def test_a_year_is_told_whatever_the_term(billing, price, term, acv, tcv):
    found = worth(care(billing=billing, price=Decimal(price), term_months=term), ROOF)

    assert (found.one_off, found.acv, found.tcv) == (9000, acv, 9000 + tcv)
    assert (found.monthly, found.recurring) == (acv / 12, tcv)


LINES = st.lists(
    st.builds(
        rules.Line,
        quantity=st.integers(1, 50).map(Decimal),
        price=st.decimals(0, 9999, places=2),
        discount=st.integers(0, 100).map(Decimal),
        billing=st.sampled_from(["once", "month", "quarter", "year"]),
        term=st.integers(1, 60),
        tax=st.sampled_from([Decimal(0), Decimal(7), Decimal(19)]),
    ),
    max_size=6,
)


@given(LINES)
def test_the_contract_is_every_payment_added_up(lines):
    found = rules.worth_of(lines)

    exact = Decimal(0)
    for line in lines:
        months = {"once": 0, "month": 1, "quarter": 3, "year": 12}[line.billing]
        payments = Decimal(line.term) / months if months else 1
        exact += line.quantity * line.price * (100 - line.discount) / 100 * payments
    assert found.tcv == pytest.approx(exact, abs=Decimal("0.0001"))
    assert found.one_off + found.recurring == found.tcv
    assert found.tax <= found.tcv * 19 / 100 + Decimal("0.0001")


# --- on the deal ---


@pytest.mark.django_db
def test_the_amount_follows_the_whole_contract_without_tax(bob):
    deal = deals.set_lines(make.deal(bob), lines=[ROOF, care()], by=bob)

    found = selectors.worth_of(list(selectors.lines_of(deal)))
    assert (deal.amount, found.tax) == (10_440, 1710)


@pytest.mark.django_db
def test_the_usual_tax_stands_where_a_line_has_none_of_its_own(bob):
    Organisation.objects.filter(pk=Organisation.current().pk).update(tax_rate=Decimal(10))
    deal = deals.set_lines(make.deal(bob), lines=[ROOF, care()], by=bob)

    assert selectors.worth_of(list(selectors.lines_of(deal))).tax == 1710 + 144


@pytest.mark.django_db
def test_a_line_that_is_paid_again_has_a_term_its_own_the_products_or_a_year(bob):
    product = Product.objects.create(
        name="Care", currency="EUR", billing="month", term_months=24, created_at=clock.now()
    )
    lines = [
        care(term_months=None), care(term_months=None, product=product), care(term_months=6),
        LineIn(text="Once", price=Decimal(1), term_months=12),
    ]  # fmt: skip

    deal = deals.set_lines(make.deal(bob), lines=lines, by=bob)

    assert [line.term_months for line in deal.lines.all()] == [12, 24, 6, None]


@pytest.mark.django_db
def test_a_deal_opened_with_lines_keeps_how_they_are_paid(bob):
    deal = make.deal(bob, amount=None, lines=[ROOF, care()])

    assert deal.amount == 10_440
    assert [line.billing for line in deal.lines.all()] == ["once", "year"]


# --- on quotes ---


@pytest.mark.django_db
def test_a_quote_takes_billing_term_and_tax_along(bob):
    version = quoting.draft(bob, lines=[ROOF, care(tax=Decimal(7))])

    assert (version.totals.net, version.totals.tax) == (10_440, Decimal("1710") + Decimal("100.8"))
    assert [row["term"] for row in reading.paper(version)["rows"]] == [
        "", "paid each year, for 36 months",
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_quote_of_before_reads_as_it_was_signed(bob):
    version = quoting.sent(bob)
    assert "billing" not in version.lines[0]
    assert (version.totals.net, version.fingerprint()) == (900, version.content_hash)


# --- winning ---


@pytest.fixture
def won(bob):
    deal = make.deal(bob, company=make.company())
    deal = deals.set_lines(deal, lines=[ROOF, care()], by=bob)
    return deals.win(deal, amount=deal.amount, by=bob)


@pytest.mark.django_db
def test_winning_begins_a_subscription_for_what_is_paid_again(won):
    found = Subscription.objects.get()

    started = found.started_on
    assert (found.title, found.amount, found.interval) == ("Care", 480, "year")
    assert found.renews_on == purchases.months_on(started, 36)
    assert (found.deal, found.customer.company) == (won, won.company)


@pytest.mark.django_db
def test_an_accepted_quote_says_what_is_subscribed(bob):
    deal = make.deal(bob, company=make.company())
    deal = deals.set_lines(deal, lines=[ROOF, care()], by=bob)
    version = quotes.start(deal=deal, by=bob)
    lines = [quotes.Line(text="Better care", quantity=Decimal(2), price=Decimal(50), billing="month", term_months=12)]  # fmt: skip
    values = {"recipient": "", "valid_until": date(2099, 1, 1), "words": "", "terms": ""}
    quotes.edit(version, values=values, lines=lines, by=bob)
    quotes.send(version, by=bob)
    quoting.accept(version)

    deals.win(deal, amount=Decimal(1200), by=bob)

    found = Subscription.objects.get()
    assert (found.title, found.amount, found.interval) == ("Better care", 100, "month")


@pytest.mark.django_db
def test_opening_again_takes_the_subscription_back_and_winning_again_begins_one(bob, won):
    again = deals.reopen(won, by=bob)
    assert not Subscription.objects.exists()

    deals.win(again, amount=again.amount, by=bob)

    assert Subscription.objects.count() == 1


@pytest.mark.django_db
def test_a_subscription_that_somebody_renewed_since_stays(bob, won):
    purchases.renew(Subscription.objects.get(), by=bob)

    deals.reopen(won, by=bob)

    assert Subscription.objects.count() == 1

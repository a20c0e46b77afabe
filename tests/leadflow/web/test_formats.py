"""Figures and times as people read them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from leadflow.web.templatetags import formats

AT = datetime(2026, 11, 17, 9, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "currency", "words"),
    [
        (Decimal("168400.40"), "EUR", "€168,400"),
        (Decimal("-5"), "EUR", "−€5"),
        (1200, "CHF", "CHF 1,200"),
        (None, "EUR", "no data"),
        (0, "EUR", "€0"),
    ],
)
def test_money_in_lists_has_no_cents(value, currency, words):
    assert formats.money(value, currency) == words


def test_exact_money_has_the_decimals_of_its_currency():
    assert formats.money_exact(Decimal("12.5"), "EUR") == "€12.50"
    assert formats.money_exact(Decimal("12"), "JPY") == "¥12"


@pytest.mark.parametrize(
    ("amount", "words"), [(642_000, "€642k"), (5_270_000, "€5.27 M"), (980, "€980")]
)
def test_short_money_has_three_figures(amount, words):
    assert formats.money_short(amount, "EUR") == words


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(minutes=7, seconds=30), "in 7 min"),
        (timedelta(minutes=-12), "12 min ago"),
        (timedelta(seconds=-3), "just now"),
        (timedelta(hours=-2), "today 07:42"),
        (timedelta(days=-1), "yesterday 09:42"),
        (timedelta(days=3), "Fri 09:42"),
        (timedelta(days=-19), "29 Oct"),
        (timedelta(days=-400), "13 Oct 2025"),
    ],
)
def test_near_times_are_relative_and_far_ones_dates(away, words):
    assert formats.when(AT + away, AT) == words


def test_missing_is_said():
    assert formats.number(None) == "no data"
    assert formats.when(None) == "never"
    assert formats.percent(None) == "no data"


def test_a_share_and_a_change_carry_their_signs():
    assert formats.percent(0.312) == "31.2 %"
    assert formats.signed(-1.9, 1) == "−1.9"
    assert formats.signed(12.4, 1) == "+12.4"


def test_a_span_takes_its_largest_unit():
    assert formats.duration(timedelta(minutes=7)) == "7 min"
    assert formats.duration(9 * 86400) == "9 d"


@pytest.mark.parametrize(
    ("gap", "words"),
    [(0.215, "+21.5 pts"), (-0.073, "−7.3 pts"), (0, "0.0 pts"), (None, "no data")],
)
def test_a_difference_of_shares_is_told_in_points(gap, words):
    assert formats.points(gap) == words

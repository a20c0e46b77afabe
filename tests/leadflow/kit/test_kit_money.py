import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import money

D = decimal.Decimal


def test_each_currency_rounds_to_its_own_unit():
    assert money.rounded(D("1.005"), "EUR") == D("1.01")
    assert money.rounded(D("1234.5"), "JPY") == D(1235)
    assert money.rounded(D("-0.0005"), "KWD") == D("-0.001")
    assert str(money.Money(D("5"), "EUR")) == "5.00 EUR"
    assert money.convert(D("10"), D("1.0853"), "USD") == D("10.85")


def test_the_last_cent_goes_to_the_largest_remainder():
    assert money.split(D("100"), [1, 1, 1], "EUR") == [D("33.34"), D("33.33"), D("33.33")]
    assert money.split(D("-0.05"), [1, 3], "EUR") == [D("-0.01"), D("-0.04")]
    assert money.split(D(10), [0, 1], "JPY") == [D(0), D(10)]


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2]])
def test_impossible_weights_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        money.split(D(1), weights, "EUR")


@given(
    st.decimals(-10_000_000, 10_000_000, places=3),
    st.lists(st.integers(0, 1_000), min_size=1, max_size=12).filter(any),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_shares_add_up_and_stay_within_a_unit_of_fair(amount, weights, currency):
    shares = money.split(amount, weights, currency)
    whole, unit = money.rounded(amount, currency), D(1).scaleb(-money.exponent(currency))

    assert sum(shares) == whole
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - whole * weight / sum(weights)) <= unit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import stats


def test_nothing_has_no_median():
    assert stats.median([]) is None
    assert stats.p90([]) is None


def test_percentiles_interpolate_like_postgresql():
    assert stats.median([4, 1, 3, 2]) == 2.5
    assert stats.p90([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) == pytest.approx(9.1)


def test_wilson_agrees_with_published_values():
    assert stats.wilson(10, 50) == pytest.approx((0.1124, 0.3304), abs=1e-4)
    assert stats.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert stats.wilson(0, 0) == (0.0, 1.0)


def test_wilson_refuses_more_successes_than_trials():
    with pytest.raises(ValueError, match="successes"):
        stats.wilson(3, 2)


def test_rule_of_three_bounds_what_never_happened():
    assert stats.rule_of_three(100) == 0.03
    assert stats.rule_of_three(2) == stats.rule_of_three(0) == 1.0


@given(st.integers(1, 5_000), st.data())
def test_wilson_always_contains_the_observed_rate(trials, data):
    successes = data.draw(st.integers(0, trials))

    low, high = stats.wilson(successes, trials)

    assert 0 <= low <= successes / trials + 1e-9
    assert successes / trials - 1e-9 <= high <= 1


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_a_percentile_lies_among_the_values(values):
    assert min(values) <= stats.median(values) <= stats.p90(values) + 1e-6 <= max(values) + 1e-6


def test_buckets_are_sticky_and_even():
    counts = [0] * 4
    for n in range(8_000):
        counts[stats.bucket("salt", str(n), 4)] += 1

    assert stats.bucket("salt", "7", 4) == stats.bucket("salt", "7", 4)
    assert all(1_800 < count < 2_200 for count in counts)

"""Sharing people out among variants, and the interval of a difference."""

from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.kit import stats

WEIGHTS = st.dictionaries(st.sampled_from("abcde"), st.integers(1, 100), min_size=2)
KEYS = [f"visitor-{number}" for number in range(2_000)]


@given(WEIGHTS, st.text(max_size=20), st.text(max_size=40))
def test_the_same_key_always_gets_the_same_variant(weights, salt, key):
    turned = dict(reversed(weights.items()))

    assert stats.shared_out(salt, key, weights) == stats.shared_out(salt, key, turned)


@settings(max_examples=15, deadline=None)
@given(WEIGHTS, st.integers(0, 10**6))
def test_each_variant_gets_its_share(weights, salt):
    counts = dict.fromkeys(weights, 0)
    for key in KEYS:
        counts[stats.shared_out(str(salt), key, weights)] += 1

    for name, weight in weights.items():
        share = weight / sum(weights.values())
        spread = (share * (1 - share) / len(KEYS)) ** 0.5
        assert abs(counts[name] / len(KEYS) - share) < 5.5 * spread + 0.001


@settings(max_examples=15, deadline=None)
@given(WEIGHTS, st.integers(0, 10**6), st.data())
def test_more_weight_for_one_moves_keys_to_it_alone(weights, salt, data):
    grown = data.draw(st.sampled_from(sorted(weights)))
    heavier = {**weights, grown: weights[grown] + 50}

    for key in KEYS[:300]:
        before = stats.shared_out(str(salt), key, weights)
        after = stats.shared_out(str(salt), key, heavier)
        assert after in {before, grown}


def test_the_interval_of_a_difference_is_newcombes():
    # Newcombe (1998), method 10, example a: 56/70 against 48/80
    low, high = stats.newcombe((48, 80), (56, 70))

    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
    assert stats.newcombe((0, 0), (1, 2)) == (-1.0, 1.0)


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_the_difference_lies_inside_and_turns_its_sign(n1, n2, data):
    one = (data.draw(st.integers(0, n1)), n1)
    other = (data.draw(st.integers(0, n2)), n2)
    low, high = stats.newcombe(one, other)

    assert -1 - 1e-9 <= low <= other[0] / n2 - one[0] / n1 + 1e-9
    back = stats.newcombe(other, one)
    assert abs(back[0] + high) < 1e-9
    assert abs(back[1] + low) < 1e-9

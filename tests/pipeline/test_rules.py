"""Order of cards, weight and health: properties and borders."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import rules

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
digits = st.text(alphabet=rules.DIGITS, min_size=1, max_size=12)
ranks = digits.map(lambda rank: rank.rstrip(rules.DIGITS[0])).filter(bool)


@given(ranks, ranks)
def test_a_rank_always_fits_between_two_others(one, other):
    low, high = sorted([one, other])
    if low == high:
        high += "V"

    rank = rules.between(low, high)

    assert low < rank < high
    assert not rank.endswith("0")


@given(ranks)
def test_a_rank_always_fits_at_either_end(rank):
    assert rules.between(None, rank) < rank < rules.between(rank, None)


@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=200))
def test_any_sequence_of_drops_keeps_every_rank_distinct_and_in_place(drops):
    column = []
    for drop in drops:
        place = drop % (len(column) + 1)
        low = column[place - 1] if place else None
        high = column[place] if place < len(column) else None
        column.insert(place, rules.between(low, high))

    assert column == sorted(set(column))


def test_ranks_stay_short_when_cards_are_only_added_at_the_ends():
    last = first = rules.between(None, None)
    for _each in range(5_000):
        last, first = rules.between(last, None), rules.between(None, first)

    assert len(last) <= 6
    assert len(first) <= 6


def test_ranks_of_one_gap_grow_by_a_letter_for_every_five_drops_at_most():
    low, high = rules.between(None, None), None
    high = rules.between(low, None)
    for _each in range(500):
        high = rules.between(low, high)

    assert len(high) < rules.LONGEST


@given(st.integers(min_value=0, max_value=3_000))
def test_spread_gives_ordered_short_ranks(count):
    found = rules.spread(count)

    assert found == sorted(set(found))
    assert len(found) == count
    assert all(0 < len(rank) <= 6 for rank in found)


def test_between_refuses_ranks_in_the_wrong_order():
    with pytest.raises(ValueError, match="below"):
        rules.between("b", "a")


def test_weight_of_an_unknown_amount_is_unknown():
    assert rules.weighted(None, 40) is None
    assert rules.weighted(Decimal(0), 40) == 0
    assert rules.weighted(Decimal("642"), 20) == Decimal("128.4")


def test_a_line_is_quantity_times_price_less_discount():
    lines = [
        rules.Line(Decimal(3), Decimal("10.50"), Decimal(10)),
        rules.Line(Decimal(1), Decimal(5)),
    ]

    assert rules.total_of(lines) == Decimal("33.35")


def health(quiet=0, stage=0, step=None, rot=7, expected=14):
    touched = NOW - timedelta(days=quiet)
    return rules.health(
        at=NOW,
        stage_since=NOW - timedelta(days=stage),
        last_touch_at=touched,
        next_step_at=None if step is None else NOW + timedelta(days=step),
        pace=rules.Pace(rot, expected),
    )


@pytest.mark.parametrize(
    ("quiet", "step", "rots"),
    [(7, None, False), (8, None, True), (8, 3, False), (8, 8, True), (8, -1, True)],
)
def test_a_deal_rots_when_quiet_for_longer_than_planned_without_a_step_soon(quiet, step, rots):
    assert health(quiet=quiet, stage=30, step=step, expected=None).is_rotting is rots


def test_a_stage_move_counts_as_a_touch():
    found = health(quiet=20, stage=2)

    assert not found.is_rotting
    assert found.quiet_days == 2


@pytest.mark.parametrize(("stage", "stuck"), [(14, False), (21, False), (22, True)])
def test_a_deal_is_stuck_past_half_over_the_plan(stage, stuck):
    assert health(stage=stage).is_stuck is stuck


def test_a_stage_without_plan_never_warns():
    found = health(quiet=400, stage=400, rot=None, expected=None)

    assert not found.is_rotting
    assert not found.is_stuck

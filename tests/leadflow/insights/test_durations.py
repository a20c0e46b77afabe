"""Medians and ninetieth percentiles read from the steps equal those of all durations in order."""

import random
from datetime import date, timedelta

import pytest
from django.db.models import Q

from leadflow.insights import durations, rollups
from leadflow.insights.durations import Span, Timing
from leadflow.insights.models import Counted

pytestmark = pytest.mark.django_db

FIRST = date(2026, 4, 1)
ALL_ROWS = Q(pk__isnull=False)  # a scope: no sum of the whole organisation may answer


def took(measure: str, seconds: list[float | None], days: int = 30) -> None:
    """So many rows over some days, as the relay leaves them."""
    dice = random.Random(7)
    Counted.objects.bulk_create(
        Counted(measure=measure, subject_id=n, day=FIRST + timedelta(dice.randrange(days)), seconds=one)
        for n, one in enumerate(seconds, 1)
    )  # fmt: skip
    rollups.refold()


def spans(*measures: str) -> list[Span]:
    """The whole month, its weeks, single days, and a year in which nothing was."""
    cuts = [(0, 30), *((n, n + 7) for n in range(0, 28, 7)), (3, 4), (29, 30), (365, 730)]
    return [
        Span((n, measure), measure, FIRST + timedelta(first), FIRST + timedelta(end))
        for measure in measures
        for n, (first, end) in enumerate(cuts)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_quantiles_from_the_steps_are_those_of_all_durations(seed):
    dice = random.Random(seed)
    kinds = [
        lambda: 10 ** dice.uniform(-3, 8),  # a millisecond to three years
        lambda: float(dice.choice([0, 0, 60, 60, 3600])),  # many alike
        lambda: dice.gauss(5000, 30),  # all in one step or two
        lambda: dice.choice([None, -5.0, 10.0]),  # what has no duration, or one that cannot be
    ]
    took("won", [dice.choice(kinds)() for _ in range(dice.choice([1, 2, 3, 200]))])
    took("touched", [kinds[seed % 4]() for _ in range(150)])

    asked = spans("won", "touched", "closed_new")
    found, right = durations.timings(Q(), asked), durations.timings(ALL_ROWS, asked)

    assert found.keys() == {key for key, one in right.items() if one.n}
    for key, one in found.items():
        assert one.n == right[key].n
        assert (one.median, one.p90) == pytest.approx(
            (right[key].median, right[key].p90), rel=1e-12
        )
        assert one.mean == pytest.approx(right[key].mean, rel=1e-6, abs=1e-4)


def test_sums_that_fell_behind_their_rows_do_not_answer():
    took("won", [10.0, 20.0, 30.0])
    Counted.objects.filter(seconds=30.0).delete()  # as if between the two questions

    (month, *_rest) = spans("won")

    assert durations.timings(Q(), [month]) == {month.key: Timing(2, 15.0, 19.0, 15.0)}

from datetime import UTC, datetime, timedelta

from leadflow.events.models import Event
from leadflow.events.moments import moments

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def happened(*minutes):
    return [Event(pk=n, occurred_at=NOON + timedelta(minutes=m)) for n, m in enumerate(minutes)]


def test_a_burst_is_one_moment():
    assert [len(some) for some in moments(happened(0, 1, 4))] == [3]


def test_facts_of_different_days_are_moments_of_their_own_in_order():
    found = [[e.pk for e in some] for some in moments(happened(3_000, 0, 1, 1_500))]

    assert found == [[1, 2], [3], [0]]


def test_a_trickle_never_becomes_one_long_moment():
    assert [len(some) for some in moments(happened(*range(0, 20, 4)))] == [2, 2, 1]

"""The policy of attempts holds whatever the calls bring."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadflow.calling.rules import AGAIN, Outcome, Policy, State, after
from leadflow.kit.areas import Daytime, zones_of_countries

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
POLICIES = st.builds(
    Policy, tries=st.integers(1, 20), days=st.integers(1, 60), pause=st.integers(0, 100)
)
OUTCOMES = st.lists(st.sampled_from(sorted(Outcome)), min_size=1, max_size=40)


def walked(policy, outcomes, waits):
    """The times of the calls until the rules end them."""
    calls, at = [], AT
    for outcome, wait in zip(outcomes, waits, strict=False):
        calls.append(at)
        then = after(policy, outcome, tries=len(calls), first_at=AT, at=at)
        if then.state != State.WAITING:
            return calls, then
        at = then.next_at + timedelta(hours=wait)
    return calls, then


@given(POLICIES, OUTCOMES, st.lists(st.integers(0, 50), min_size=40, max_size=40))
def test_nobody_is_called_more_often_or_sooner_than_the_list_says(policy, outcomes, waits):
    calls, _then = walked(policy, outcomes, waits)

    assert len(calls) <= policy.tries
    pause = timedelta(hours=policy.pause)
    assert all(late - soon >= pause for soon, late in itertools.pairwise(calls))


@given(POLICIES, st.sampled_from(sorted(Outcome)), st.integers(1, 20), st.integers(0, 2_000))
def test_a_next_try_lies_within_the_days_and_only_who_was_not_spoken_to_has_one(
    policy, outcome, tries, hours
):
    at = AT + timedelta(hours=hours)

    then = after(policy, outcome, tries=tries, first_at=AT, at=at)

    assert (then.state == State.DONE) == (outcome not in AGAIN)
    assert (then.next_at is not None) == (then.state == State.WAITING)
    if then.next_at:
        assert then.next_at <= AT + timedelta(days=policy.days)


def test_a_country_of_one_zone_is_called_by_its_clock():
    morning = datetime(2026, 5, 4, 7, tzinfo=UTC)  # nine in Berlin, eight in London

    countries = Daytime(9, 18).countries(morning)

    assert "DE" in countries
    assert "GB" not in countries


def test_a_wide_country_is_called_only_when_it_is_day_in_all_of_it():
    assert len(zones_of_countries()["US"]) > 1
    assert "US" not in Daytime(9, 18).countries(datetime(2026, 5, 4, 13, tzinfo=UTC))
    assert "US" in Daytime(8, 21).countries(datetime(2026, 5, 4, 20, tzinfo=UTC))


def test_every_country_has_an_hour_in_which_it_may_be_called():
    hours = [datetime(2026, 5, 5, hour, tzinfo=UTC) for hour in range(24)]

    ever = set().union(*(Daytime(9, 18).countries(at) for at in hours))

    assert ever == set(zones_of_countries())


def test_nobody_is_called_at_the_weekend_unless_the_list_says_so():
    saturday = datetime(2026, 5, 9, 10, tzinfo=UTC)

    assert not Daytime(9, 18).holds(saturday, "Europe/Berlin")
    assert Daytime(9, 18, weekends=True).holds(saturday, "Europe/Berlin")

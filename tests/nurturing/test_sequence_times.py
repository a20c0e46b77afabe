"""Waits across changes of the clocks: twelve zones, every transition of seven years."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurturing import rules

ZONES = [
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Atlantic/Azores"),
    *("Africa/Casablanca", "America/Santiago", "Asia/Kolkata", "Pacific/Auckland"),
    *("America/St_Johns", "Asia/Tehran", "Europe/London", "Pacific/Chatham"),
]
FROM, TO = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@cache
def transitions(name):
    """The instants at which the clocks of a zone are changed."""
    zone, found, low = ZoneInfo(name), [], FROM
    while low < TO:
        high = low + timedelta(days=1)
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            found.append(_narrowed(low, high, zone))
        low = high
    return found


def _narrowed(low, high, zone):
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
        low, high = (middle, high) if same else (low, middle)
    return high.replace(second=0, microsecond=0)


def test_the_zones_change_their_clocks_in_all_the_ways_there_are():
    changes = {name: len(transitions(name)) for name in ZONES}

    assert sum(changes.values()) > 120
    assert changes["Asia/Kolkata"] == 0
    assert changes["Australia/Lord_Howe"] >= 13


@pytest.mark.parametrize("name", ZONES)
def test_each_daily_slot_comes_exactly_once_around_every_change_of_the_clocks(name):
    zone = ZoneInfo(name)
    for change in transitions(name):
        local = change.astimezone(zone)
        # times around the change itself, where an hour is skipped or comes twice
        for minutes in (-90, -30, -15, 0, 15, 30, 90):
            wall = (local + timedelta(minutes=minutes)).strftime("%H:%M")
            assert _slots(name, wall, change) == _days(zone, change)


def _slots(name, wall, change):
    """The days on which somebody who is looked after every seven minutes meets the slot."""
    begin, end = change - timedelta(days=2), change + timedelta(days=2)
    found, at = [], begin
    while (at := rules.next_time_of_day(at, wall, name)) < end:
        found.append(at)
        at += timedelta(minutes=7)
    return _dated(found, wall, ZoneInfo(name), begin, end)


def _dated(found, wall, zone, begin, end):
    hour, minute = (int(part) for part in wall.split(":"))
    days = [one.astimezone(zone).date() for one in found]
    assert len(set(days)) == len(days)
    for one in found:
        local = one.astimezone(zone)
        # the time itself, or the first one after where the clocks skip it
        late = timedelta(hours=local.hour - hour, minutes=local.minute - minute)
        assert timedelta(0) <= late <= HOUR
        assert not late or _is_skipped(local.date(), hour, minute, zone)
    inner = (begin.astimezone(zone).date() + timedelta(days=1), end.astimezone(zone).date())
    return [day for day in days if inner[0] <= day < inner[1]]


def _is_skipped(day, hour, minute, zone):
    wall = datetime(day.year, day.month, day.day, hour, minute)
    there = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) != wall


def _days(zone, change):
    first = (change - timedelta(days=2)).astimezone(zone).date() + timedelta(days=1)
    last = (change + timedelta(days=2)).astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days)]


near = st.sampled_from(ZONES).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.sampled_from(transitions(name) or [FROM + timedelta(days=200)]),
        st.integers(-4_000, 4_000).map(lambda n: timedelta(minutes=n)),
    )
)
walls = st.times().map(lambda one: one.strftime("%H:%M"))


@given(near, walls, st.sets(st.integers(0, 6), min_size=1))
def test_a_wait_for_an_hour_ends_on_one_of_its_days_and_not_before(place, wall, days):
    name, change, off = place
    step = {"type": "wait_until", "until": "hour", "at": wall, "days": sorted(days)}

    end = rules.until_hour(step, change + off, name)

    assert end >= change + off
    assert end.astimezone(ZoneInfo(name)).weekday() in days
    assert end - (change + off) <= timedelta(days=7, hours=2)
    assert rules.until_hour(step, end, name) == end


@given(near, walls, st.integers(-30, 30))
def test_a_wait_for_a_day_of_hers_ends_on_that_day_by_her_clock(place, wall, days):
    name, change, off = place
    day = (change + off).astimezone(ZoneInfo(name)).date()
    step = {"type": "wait_until", "until": "date_field", "days": days, "at": wall}

    end = rules.until_day(step, day, name)

    assert end.astimezone(ZoneInfo(name)).date() == day + timedelta(days=days)


@given(near, st.integers(1, 72))
def test_elapsed_hours_are_real_ones_whatever_the_clocks_do(place, amount):
    name, change, off = place
    step = {"type": "wait", "amount": amount, "unit": "hours", "at": ""}

    end = rules.wait_ends(step, change + off, rules.Window().hours(name))

    assert end - (change + off) == timedelta(hours=amount)


@given(near, st.integers(0, 10**6))
def test_sending_hours_hold_around_every_change_of_the_clocks(place, seed):
    name, change, off = place
    hours = rules.Window(days=tuple(range(7)), opens="01:00", closes="04:00").hours(name)

    sent = rules.send_time(change + off, hours, seed)

    local = sent.astimezone(ZoneInfo(name))
    assert sent >= change + off
    assert 1 <= local.hour < 4 or local.strftime("%H:%M") == "04:00"


@given(near, st.integers(0, 10**6), st.sampled_from([(range(7), "08:00", "18:00"), ((1, 3), "09:30", "09:31"),
                                                     ((), "08:00", "18:00")]))  # fmt: skip
def test_the_opening_that_many_share_gives_each_the_time_that_she_gets_alone(place, seed, window):
    name, change, off = place
    at = change + off
    days, opens, closes = window
    hours = rules.Window(tuple(days), opens, closes).hours(name)

    shared = rules.within(at, rules.coming_opening(at, hours), seed)

    assert shared == rules.mail_time(at, hours, [], seed, fresh=timedelta(days=400))
    assert shared == rules.send_time(at, hours, seed)

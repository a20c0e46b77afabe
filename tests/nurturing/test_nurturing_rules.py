from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.calendars.hours import is_open
from nurturing import rules
from nurturing.rules import Window

ZONES = [
    *("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Atlantic/Azores"),
    *("Africa/Casablanca", "America/Santiago", "Asia/Kolkata", "Pacific/Auckland"),
    *("America/St_Johns", "Asia/Tehran", "Europe/London"),
]
BERLIN = ZoneInfo("Europe/Berlin")
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 1), timezones=st.just(UTC))
zones = st.sampled_from(ZONES)


def at(*parts, zone=UTC):
    return datetime(*parts, tzinfo=zone)


@given(moments, zones, st.integers(0, 10**9))
def test_a_mail_leaves_inside_the_window_and_never_early(moment, zone, seed):
    hours = Window().hours(zone)

    sent = rules.send_time(moment, hours, seed)

    assert sent >= moment
    assert is_open(hours, sent)
    local = sent.astimezone(ZoneInfo(zone))
    assert local.weekday() < 5
    assert 8 <= local.hour < 18


@given(moments, zones, st.integers(0, 10**9))
def test_a_moment_inside_the_window_is_kept(moment, zone, seed):
    hours = Window().hours(zone)
    sent = rules.send_time(moment, hours, seed)

    assert rules.send_time(sent, hours, seed) == sent


@given(moments, zones, st.integers(1, 30))
def test_business_days_end_on_a_working_day_at_the_same_time_of_day(moment, zone, days):
    hours = Window().hours(zone)

    end = rules.add_business_days(moment, days, hours)

    local, before = end.astimezone(ZoneInfo(zone)), moment.astimezone(ZoneInfo(zone))
    assert local.weekday() < 5
    assert days <= (local.date() - before.date()).days <= days * 7 // 5 + 3
    # a time that the clocks skip is the first one after
    assert abs((local.replace(tzinfo=None) - _wall(local, before)).total_seconds()) <= 3600


def _wall(local, before):
    return local.replace(tzinfo=None, hour=before.hour, minute=before.minute, second=before.second)


@given(moments, zones, st.integers(0, 23), st.integers(0, 59))
def test_the_next_time_of_day_is_within_a_day_and_a_shift(moment, zone, hour, minute):
    found = rules.next_time_of_day(moment, f"{hour:02}:{minute:02}", zone)

    assert moment <= found <= moment + timedelta(hours=26)


@given(st.lists(st.integers(0, 200), max_size=12), st.integers(150, 200))
def test_a_free_slot_keeps_within_both_caps(hours_ago, start):
    base = at(2026, 3, 2, 12)
    sent = [base + timedelta(hours=n) for n in hours_ago if n <= start]
    slot = rules.free_slot(sent, base + timedelta(hours=start))

    assert slot >= base + timedelta(hours=start)
    for length, most in rules.CAPS:
        assert sum(one > slot - length for one in sent) + 1 <= most


@given(moments, zones, st.lists(st.integers(0, 167), max_size=6), st.integers(0, 10**6))
def test_a_mail_that_goes_keeps_window_and_caps_together(moment, zone, ago, seed):
    sent = [moment - timedelta(hours=n) for n in ago]
    hours = Window().hours(zone)

    found = rules.mail_time(moment, hours, sent, seed)

    if found is not None:
        assert moment <= found <= moment + rules.FRESH
        assert is_open(hours, found)
        for length, most in rules.CAPS:
            assert sum(one > found - length for one in sent) + 1 <= most


@given(st.lists(st.text("abc", min_size=1, max_size=3), unique=True, max_size=8))
def test_steps_are_walked_in_order_each_once(ids):
    steps = [{"id": one} for one in ids]
    walked, here = [], rules.first(steps)
    while here:
        walked.append(here)
        here = rules.following(steps, here)

    assert walked == ids


def test_day_and_hour_are_found_together():
    friday_evening = at(2026, 3, 6, 21)

    sent = rules.send_time(friday_evening, Window().hours("UTC"), 0)

    assert sent == at(2026, 3, 9, 8)


def test_two_business_days_over_a_weekend_and_a_holiday():
    hours = Window().hours("Europe/Berlin", frozenset({date(2026, 3, 9)}))
    friday = at(2026, 3, 6, 10, zone=BERLIN)

    end = rules.add_business_days(friday, 2, hours)

    assert end.astimezone(BERLIN) == at(2026, 3, 11, 10, zone=BERLIN)


def test_two_days_are_48_hours_over_a_change_of_the_clocks():
    start = at(2026, 3, 28, 12, zone=BERLIN)
    step = {"amount": 2, "unit": "days"}

    end = rules.wait_ends(step, start, Window().hours("Europe/Berlin"))

    assert end - start.astimezone(UTC) == timedelta(hours=48)
    assert end.astimezone(BERLIN).hour == 13


def test_a_time_of_day_that_is_skipped_is_the_first_one_after():
    night = at(2026, 3, 29, 0, zone=BERLIN)

    found = rules.next_time_of_day(night, "02:30", "Europe/Berlin")

    assert found == at(2026, 3, 29, 1)  # three o'clock there


def test_a_time_of_day_that_comes_twice_counts_once():
    night = at(2026, 10, 25, 0, zone=BERLIN)

    found = rules.next_time_of_day(night, "02:30", "Europe/Berlin")

    assert found == at(2026, 10, 25, 0, 30)  # the first of the two
    assert rules.next_time_of_day(found + timedelta(minutes=1), "02:30", "Europe/Berlin") == at(
        2026, 10, 26, 1, 30
    )


@pytest.mark.parametrize(
    ("explicit", "country", "company", "zone"),
    [
        ("Asia/Tokyo", "DE", "FR", "Asia/Tokyo"),
        ("", "DE", "FR", "Europe/Berlin"),
        ("Mars/Olympus", "DE", "", "Europe/Berlin"),
        ("", "US", "FR", "Europe/Paris"),
        ("", "US", "US", "Europe/Madrid"),
    ],
)
def test_the_nearest_known_clock_counts(explicit, country, company, zone):
    assert rules.zone_of(explicit, country, company, "Europe/Madrid") == zone

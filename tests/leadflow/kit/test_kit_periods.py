from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import periods
from leadflow.kit.periods import Calendar, Period

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Atlantic/Azores",
    "Africa/Casablanca", "America/Santiago", "Asia/Beirut", "Africa/Cairo", "Asia/Kolkata",
    "Pacific/Apia", "Pacific/Chatham",
]  # fmt: skip
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_day_begins_and_ends_at_local_midnight():
    day = Period(date(2026, 6, 1), date(2026, 6, 2), BERLIN)

    assert day.start == datetime(2026, 5, 31, 22, tzinfo=UTC)
    assert datetime(2026, 6, 1, 21, 59, 59, tzinfo=UTC) in day
    assert datetime(2026, 6, 1, 22, tzinfo=UTC) not in day
    assert day.last_on == date(2026, 6, 1)


def test_a_skipped_time_is_the_first_valid_instant_after():
    spring = periods.instant(datetime(2026, 3, 29, 2, 30), BERLIN)

    assert spring == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_time_that_comes_twice_is_its_first_occurrence():
    autumn = periods.instant(datetime(2026, 10, 25, 2, 30), BERLIN)

    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_whose_midnight_is_skipped_begins_at_the_change():
    zone = ZoneInfo("America/Santiago")

    start = Period(date(2026, 9, 6), date(2026, 9, 7), zone).start

    assert start == datetime(2026, 9, 6, 4, tzinfo=UTC)
    assert start.astimezone(zone).time().hour == 1


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("today", "2026-11-22", "2026-11-23"),
        ("yesterday", "2026-11-21", "2026-11-22"),
        ("last_7_days", "2026-11-16", "2026-11-23"),
        ("last_30_days", "2026-10-24", "2026-11-23"),
        ("this_week", "2026-11-16", "2026-11-23"),
        ("last_week", "2026-11-09", "2026-11-16"),
        ("this_month", "2026-11-01", "2026-12-01"),
        ("last_month", "2026-10-01", "2026-11-01"),
        ("this_quarter", "2026-10-01", "2027-01-01"),
        ("last_quarter", "2026-07-01", "2026-10-01"),
        ("this_year", "2026-01-01", "2027-01-01"),
        ("last_year", "2025-01-01", "2026-01-01"),
    ],
)
def test_presets_mean_what_their_names_say(name, start, end):
    made = periods.preset(name, SUNDAY)

    assert (made.start_on.isoformat(), made.end_on.isoformat()) == (start, end)


def test_presets_obey_the_organisations_calendar():
    calendar = Calendar(ZoneInfo("Pacific/Auckland"), first_day=6, fiscal_start=4)

    assert periods.preset("today", SUNDAY, calendar).start_on == date(2026, 11, 23)
    assert periods.preset("this_week", SUNDAY, calendar).start_on == date(2026, 11, 22)
    assert periods.preset("this_fiscal_year", SUNDAY, calendar).start_on == date(2026, 4, 1)
    assert periods.preset("last_fiscal_year", SUNDAY, calendar).start_on == date(2025, 4, 1)
    assert periods.preset("this_quarter", SUNDAY, calendar).start_on == date(2026, 10, 1)


def test_the_previous_of_a_month_is_the_whole_month_before():
    march = Period(date(2026, 3, 1), date(2026, 4, 1))

    assert march.previous() == Period(date(2026, 2, 1), date(2026, 3, 1))
    assert Period(date(2026, 3, 5), date(2026, 3, 12)).previous().start_on == date(2026, 2, 26)


def test_the_same_period_last_year_survives_the_leap_day():
    leap = Period(date(2028, 2, 29), date(2028, 3, 1))

    assert leap.same_last_year() == Period(date(2027, 2, 28), date(2027, 3, 1))
    assert Period(date(2028, 2, 28), date(2028, 2, 29)).same_last_year().days == 1


def test_an_empty_period_is_refused():
    with pytest.raises(ValueError, match="one day"):
        Period(date(2026, 1, 1), date(2026, 1, 1))


@given(st.sampled_from(ZONES), st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(1, 400))
def test_days_of_a_period_tile_it_without_gap_or_overlap(name, start, count):
    zone = ZoneInfo(name)
    whole = Period(start, start + timedelta(days=count), zone)
    days = [Period(d, d + timedelta(days=1), zone) for d in whole.dates()]

    assert days[0].start == whole.start
    assert days[-1].end == whole.end
    for one, after in pairwise(days):
        assert one.end == after.start
        assert timedelta(hours=22) <= one.end - one.start <= timedelta(hours=26)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31)).map(
        lambda d: d.replace(microsecond=0)
    ),
)
def test_a_wall_time_becomes_one_instant_that_shows_it_or_the_next_valid(name, local):
    zone = ZoneInfo(name)

    shown = periods.instant(local, zone).astimezone(zone).replace(tzinfo=None)

    assert local <= shown <= local + timedelta(hours=1)


@given(
    st.sampled_from(sorted(periods.PRESETS)),
    st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)),
)
def test_the_previous_period_ends_where_this_one_starts(name, at):
    made = periods.preset(name, at.replace(tzinfo=UTC))

    assert made.previous().end == made.start
    assert made.same_last_year().start_on < made.start_on

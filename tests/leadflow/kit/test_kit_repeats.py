"""What repeats keeps its day and the time on the wall, through summer time and short months."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit.repeats import Every, following

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")]
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))
SPANS = st.timedeltas(timedelta(0), timedelta(days=400))


def berlin(*parts):
    return datetime(*parts, tzinfo=BERLIN)


def test_a_daily_one_stays_at_nine_when_the_clocks_go_forward():
    first = berlin(2026, 3, 28, 9)

    assert following(first, Every.DAY, after=first, zone=BERLIN) == berlin(2026, 3, 29, 9)


def test_an_hour_that_the_clocks_leave_out_comes_late_once_and_is_kept_the_day_after():
    first = berlin(2026, 3, 28, 2, 30)

    skipped = following(first, Every.DAY, after=first, zone=BERLIN)
    after_it = following(first, Every.DAY, after=skipped, zone=BERLIN)

    assert (skipped, after_it) == (berlin(2026, 3, 29, 3), berlin(2026, 3, 30, 2, 30))


def test_the_last_of_a_month_is_the_last_of_a_shorter_one_and_not_lost_after_it():
    first = berlin(2026, 1, 31, 9)

    february = following(first, Every.MONTH, after=first, zone=BERLIN)
    march = following(first, Every.MONTH, after=february, zone=BERLIN)

    assert (february, march) == (berlin(2026, 2, 28, 9), berlin(2026, 3, 31, 9))


def test_what_was_missed_is_left_out():
    first = berlin(2026, 5, 4, 9)

    late = following(first, Every.DAY, after=berlin(2026, 5, 8, 12), zone=BERLIN)

    assert late == berlin(2026, 5, 9, 9)


def test_a_friday_is_followed_by_monday_on_weekdays():
    first = berlin(2026, 5, 8, 9)

    assert following(first, Every.WEEKDAY, after=first, zone=BERLIN) == berlin(2026, 5, 11, 9)


@pytest.mark.parametrize(("last", "comes"), [(date(2026, 5, 11), True), (date(2026, 5, 10), False)])
def test_the_last_day_is_part_of_the_series(last, comes):
    first = berlin(2026, 5, 4, 9)

    found = following(first, Every.WEEK, after=first, zone=BERLIN, until=last)

    assert (found is not None) == comes


@given(MOMENTS, st.sampled_from(Every), SPANS, ZONES)
def test_the_next_is_later_than_both_and_at_the_clock_of_the_first(first, every, span, zone):
    after = first + span

    found = following(first, every, after=after, zone=zone)

    assert found > after
    said, wanted = found.astimezone(zone), first.astimezone(zone)
    exists = datetime.combine(said.date(), wanted.time(), tzinfo=zone).astimezone(UTC)
    if exists.astimezone(zone).time() == wanted.time():
        assert said.time() == wanted.time()
    else:
        assert said.time() > time.min  # the first moment after the gap


@given(MOMENTS, st.sampled_from(Every), SPANS, ZONES)
def test_nothing_of_the_series_lies_between(first, every, span, zone):
    after = first + span

    found = following(first, every, after=after, zone=zone)
    again = following(first, every, after=found - timedelta(seconds=1), zone=zone)

    assert again == found
    most = {Every.DAY: 1, Every.WEEKDAY: 3, Every.WEEK: 7, Every.MONTH: 31}[every]
    assert found - after <= timedelta(days=most, hours=2)


@given(MOMENTS, SPANS, ZONES)
def test_a_weekly_one_keeps_its_day_and_a_weekday_is_no_weekend(first, span, zone):
    weekly = following(first, Every.WEEK, after=first + span, zone=zone)
    weekday = following(first, Every.WEEKDAY, after=first + span, zone=zone)

    assert weekly.astimezone(zone).weekday() == first.astimezone(zone).weekday()
    assert weekday.astimezone(zone).weekday() < 5

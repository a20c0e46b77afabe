from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadflow.calendars.hours import Hours, add, between, is_open, next_opening

WEEK = [["09:00", "17:00"]] * 5 + [[], []]
BERLIN = Hours(WEEK, "Europe/Berlin")
instants = st.datetimes(
    datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)
)  # fmt: skip
zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC",
     "America/Santiago", "Atlantic/Azores", "Asia/Kolkata"]
)  # fmt: skip


def test_friday_evening_goes_on_on_monday_morning():
    friday = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)  # 16:30 in Berlin

    assert add(BERLIN, friday, timedelta(hours=2)) == datetime(2026, 3, 9, 9, 30, tzinfo=UTC)


def test_holidays_are_skipped():
    closed = Hours(WEEK, "Europe/Berlin", frozenset({date(2026, 3, 9)}))

    assert next_opening(closed, datetime(2026, 3, 6, 17, tzinfo=UTC)) == datetime(
        2026, 3, 10, 8, tzinfo=UTC
    )


def test_opening_follows_the_wall_clock_over_daylight_saving():
    before, after = datetime(2026, 3, 27, 8, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)

    assert is_open(BERLIN, before)
    assert next_opening(BERLIN, datetime(2026, 3, 28, tzinfo=UTC)) == after


def test_hours_that_never_open_count_as_always_open():
    at = datetime(2026, 3, 2, tzinfo=UTC)

    assert add(Hours([[]] * 7, "UTC"), at, timedelta(hours=3)) == at + timedelta(hours=3)


@given(instants, st.integers(1, 60 * 80), zones)
def test_what_is_added_is_what_lies_between(start, minutes, zone):
    hours, work = Hours(WEEK, zone), timedelta(minutes=minutes)

    end = add(hours, start, work)

    assert between(hours, start, end) == work


@given(instants, instants, instants, zones)
def test_parts_add_up_to_the_whole(a, b, c, zone):
    first, middle, last = sorted([a, b, c])[:1][0], sorted([a, b, c])[1], sorted([a, b, c])[2]
    middle, last = min(middle, first + timedelta(days=90)), min(last, first + timedelta(days=180))
    hours = Hours(WEEK, zone)

    assert between(hours, first, middle) + between(hours, middle, last) == between(
        hours, first, last
    )

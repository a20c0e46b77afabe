"""Days in rows of weeks."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.web import months
from leadflow.web.months import DAY, Entry

days = st.dates(min_value=date(2001, 1, 1), max_value=date(2099, 12, 31))
starts = st.integers(min_value=1, max_value=7)


@given(days, starts)
def test_a_month_stands_in_whole_weeks_that_begin_on_their_day(on, week_start):
    span = months.month(f"{on:%Y-%m}", today=date(2026, 1, 1), week_start=week_start)

    assert span.start.isoweekday() == week_start
    assert span.start <= span.first <= on <= span.last < span.end
    assert span.first - span.start < DAY * 7
    assert span.end - span.last <= DAY * 7


@given(days, starts)
def test_a_week_holds_its_day_and_leads_to_those_beside_it(on, week_start):
    span = months.week(on.isoformat(), today=date(2026, 1, 1), week_start=week_start)

    assert span.is_week
    assert span.first <= on <= span.last
    assert months.week(span.before, today=on, week_start=week_start).after == span.first.isoformat()


@pytest.mark.parametrize("told", ["", "x", "2026-13", "0001-01", "9999-12-31", "2026-02-30"])
def test_what_is_no_day_is_today(told):
    today = date(2026, 5, 6)

    assert months.month(told, today=today, week_start=1).first == date(2026, 5, 1)
    assert months.week(told, today=today, week_start=1).first == date(2026, 5, 4)


def test_what_found_no_room_is_counted_on_its_day():
    span = months.month("2026-05", today=date(2026, 5, 6), week_start=1)
    on = date(2026, 5, 7)

    shown = months.filled(span, [Entry(on, "phone", "Ring")], today=on, more={on: 3})

    (day,) = shown.days
    assert (day.on, day.is_today, day.more, day.entries[0].words) == (on, True, 3, "Ring")

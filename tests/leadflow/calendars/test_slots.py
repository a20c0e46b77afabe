"""Times at which somebody can be met: rules, and properties over days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from leadflow.calendars.hours import Hours
from leadflow.calendars.slots import Terms, free

WEEK = [["09:00", "12:00"]] * 5 + [[], []]
BERLIN = Hours(WEEK, "Europe/Berlin")
HALF = timedelta(minutes=30)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = (MONDAY, MONDAY + timedelta(days=1))
zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC",
     "America/Santiago", "Atlantic/Azores", "Asia/Kolkata"]
)  # fmt: skip


def starts(terms, *, hours=BERLIN, busy=(), met=(), window=DAY, now=MONDAY):
    return [f"{at:%H:%M}" for at in free(hours, terms, busy, met, window, now=now)]


def test_slots_fill_the_opening_and_end_with_it():
    terms = Terms(length=timedelta(minutes=60), step=HALF)

    assert starts(terms) == ["08:00", "08:30", "09:00", "09:30", "10:00"]


def test_what_is_kept_free_around_a_meeting_touches_no_other():
    terms = Terms(length=HALF, step=HALF, before=timedelta(minutes=15), after=timedelta(minutes=15))
    at = MONDAY.replace(hour=9, minute=30)

    assert starts(terms, busy=[(at, at + HALF)]) == ["08:00", "08:30", "10:30"]


def test_notice_and_days_ahead_bound_what_is_offered():
    soon = Terms(length=HALF, step=HALF, notice=timedelta(hours=2))
    near = Terms(length=HALF, step=HALF, ahead=timedelta(hours=2))

    assert starts(soon, now=MONDAY.replace(hour=8, minute=10)) == ["10:30"]
    assert starts(near, now=MONDAY.replace(hour=7)) == ["08:00", "08:30"]


def test_a_full_day_offers_nothing_more():
    terms = Terms(length=HALF, step=HALF, per_day=1)

    assert starts(terms, met=[MONDAY.replace(hour=8)]) == []
    assert starts(terms, met=[MONDAY - timedelta(days=1)]) != []


def test_holidays_and_leave_offer_nothing():
    assert starts(Terms(length=HALF, step=HALF), hours=Hours(WEEK, "Europe/Berlin", frozenset({date(2026, 3, 2)}))) == []  # fmt: skip


@given(
    zone=zones,
    day=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    opens=st.integers(0, 22),
    hours=st.integers(1, 24),
    length=st.integers(1, 36),
    step=st.integers(1, 36),
    buffers=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    taken=st.lists(st.tuples(st.integers(0, 72 * 12), st.integers(1, 24)), max_size=5),
)
def test_no_slot_is_outside_of_the_hours_or_on_top_of_another_and_each_is_as_long_as_it_says(
    zone, day, opens, hours, length, step, buffers, taken
):
    five = timedelta(minutes=5)
    closes = min(24, opens + hours)
    week = [[f"{opens:02}:00", f"{closes:02}:00"]] * 7
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    window = (start, start + timedelta(days=3))
    busy = [(start + five * at, start + five * (at + much)) for at, much in taken]
    terms = Terms(
        length=five * length, step=five * step, before=five * buffers[0], after=five * buffers[1]
    )

    found = list(free(Hours(week, zone), terms, busy, [], window, now=start))

    assert found == sorted(set(found))
    for at in found:
        ends = at + terms.length
        first, last = (moment.astimezone(ZoneInfo(zone)) for moment in (at, ends))
        assert (ends - at).total_seconds() == 300 * length
        assert first.hour >= opens
        midnight = last.hour == last.minute == 0 and last.date() > first.date()
        assert midnight or last.hour * 60 + last.minute <= closes * 60
        blocked_from, blocked_until = terms.blocked(at)
        assert not any(one[0] < blocked_until and blocked_from < one[1] for one in busy)


# twelve zones whose clocks change differently: by an hour, by half an hour, at midnight, in the south
CHANGING = (
    "Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "America/Los_Angeles",
    "America/St_Johns", "America/Santiago", "America/Havana", "Australia/Sydney",
    "Australia/Lord_Howe", "Pacific/Auckland", "Atlantic/Azores",
)  # fmt: skip


@cache
def changes(zone):
    """The days from 2024 to 2030 that are not 24 hours long there."""
    there, day, found = ZoneInfo(zone), date(2024, 1, 1), []
    while day < date(2031, 1, 1):
        begins, ends = (
            datetime.combine(one, time(), there).astimezone(UTC)
            for one in (day, day + timedelta(1))
        )
        if ends - begins != timedelta(hours=24):
            found.append(day)
        day += timedelta(1)
    return found


def test_each_of_the_zones_changes_its_clocks_twice_a_year():
    assert {zone: len(changes(zone)) for zone in CHANGING} == dict.fromkeys(CHANGING, 14)


@given(
    zone=st.sampled_from(CHANGING),
    which=st.integers(0, 13),
    opens=st.integers(0, 22),
    hours=st.integers(1, 24),
    length=st.sampled_from([15, 20, 30, 45, 60, 90]),
)
def test_on_a_day_of_changed_clocks_slots_fill_just_the_hours_that_pass(
    zone, which, opens, hours, length
):
    day, there, closes = changes(zone)[which], ZoneInfo(zone), min(24, opens + hours)
    week = [[f"{opens:02}:00", f"{closes:02}:00"]] * 7
    terms = Terms(length=timedelta(minutes=length), step=timedelta(minutes=length))
    begins = datetime.combine(day, time(), there).astimezone(UTC)
    ends = datetime.combine(day + timedelta(1), time(), there).astimezone(UTC)

    found = list(free(Hours(week, zone), terms, [], [], (begins, ends), now=begins))

    # by the minutes that pass there, counted one by one, which no arithmetic of ours touches
    minutes = (
        begins + timedelta(minutes=n) for n in range(int((ends - begins) / timedelta(minutes=1)))
    )
    inside = {at for at in minutes if opens <= at.astimezone(there).hour < closes}
    assert all(at.astimezone(there).date() == day for at in found)
    assert all(later - at >= terms.length for at, later in pairwise(found))
    assert all(at in inside and at + terms.length - timedelta(minutes=1) in inside for at in found)
    if inside:
        assert abs(len(found) - len(inside) // length) <= 60 // length

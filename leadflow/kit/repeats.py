"""When something that repeats comes round again: the arithmetic of days on a person's own clock."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import count
from zoneinfo import ZoneInfo

from leadflow.kit.periods import add_months, instant

_DAY = timedelta(days=1)
_FRIDAY = 4


class Every(StrEnum):
    """How often."""

    DAY = "daily"
    WEEKDAY = "weekdays"
    WEEK = "weekly"
    MONTH = "monthly"


def following(
    first: datetime, every: Every, *, after: datetime, zone: ZoneInfo, until: date | None = None
) -> datetime | None:
    """The earliest repetition of `first` that is later than `after`; None past the day `until`.

    It keeps the time that the clock on the wall showed at `first`, whatever summer time does, and the
    day of the month, or the last one of a shorter month. What was missed in between is left out.
    """
    wall = first.astimezone(zone).replace(tzinfo=None)
    near = max(after, first).astimezone(zone).date()
    for day in _days(wall.date(), every, near):
        if until and day > until:
            return None
        at = instant(datetime.combine(day, wall.time()), zone)
        if at > max(after, first):
            return at
    return None


def _days(start: date, every: Every, near: date) -> Iterator[date]:
    """The days of the series, beginning not later than `near`."""
    match every:
        case Every.MONTH:
            months = (near.year - start.year) * 12 + near.month - start.month
            return (add_months(start, n) for n in count(max(months - 1, 0)))
        case Every.WEEK:
            weeks = (near - start).days // 7
            return (start + n * 7 * _DAY for n in count(weeks))
        case Every.WEEKDAY:
            return (day for day in _each_from(near) if day.weekday() <= _FRIDAY)
        case Every.DAY:
            return _each_from(near)


def _each_from(day: date) -> Iterator[date]:
    return (day + n * _DAY for n in count())

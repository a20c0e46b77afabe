"""Arithmetic of business time: pure functions over weekly opening hours in one time zone.

Hours are a list of seven [opens, closes] pairs of "HH:MM", Monday first, empty = closed. A local time
that daylight saving skips counts from the first valid instant after; one that comes twice counts once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_HORIZON_DAYS = 400


@dataclass(frozen=True)
class Hours:
    """When somebody is at work: weekly hours, the zone they are in, and the days that are off."""

    week: Sequence[Sequence[str]]
    zone: str
    closed: frozenset[date] = field(default_factory=frozenset)

    def never_opens(self) -> bool:
        """Whether no day of the week has hours."""
        return not any(self.week)


def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    if (hour, minute) == (24, 0):
        day, hour, minute = day + timedelta(days=1), 0, 0
    local = datetime.combine(day, time(hour, minute), tzinfo=zone)
    # fold=0 is the first occurrence; in a gap Python maps to the instant after the jump
    return local.astimezone(UTC)


def openings(hours: Hours, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The opening intervals in UTC that end after `start`, in order, for some thirteen months."""
    zone = ZoneInfo(hours.zone)
    day = start.astimezone(zone).date() - timedelta(days=1)
    for _step in range(_HORIZON_DAYS):
        pair = hours.week[day.weekday()]
        if pair and day not in hours.closed:
            opens, closes = _instant(day, pair[0], zone), _instant(day, pair[1], zone)
            if closes > start and closes > opens:
                yield opens, closes
        day += timedelta(days=1)


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether `at` falls into an opening."""
    return next_opening(hours, at) == at


def next_opening(hours: Hours, at: datetime) -> datetime | None:
    """`at` itself when open, else the next opening; None where there is none within a year."""
    for opens, _closes in openings(hours, at):
        return max(opens, at)
    return None


def add(hours: Hours, start: datetime, work: timedelta) -> datetime:
    """The instant at which `work` of business time has passed since `start`.

    Hours that never open count as always open: a clock that can never run would hide the lead.
    """
    if hours.never_opens():
        return start + work
    left = work
    for opens, closes in openings(hours, start):
        begin = max(opens, start)
        if closes - begin >= left:
            return begin + left
        left -= closes - begin
    return start + work


def between(hours: Hours, start: datetime, end: datetime) -> timedelta:
    """The business time from `start` to `end`; zero where the end is not after the start."""
    total = timedelta()
    if hours.never_opens():
        return max(end - start, total)
    for opens, closes in openings(hours, start):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, start), timedelta())
    return total

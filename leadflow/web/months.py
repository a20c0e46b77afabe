"""Days in rows of weeks, with what stands on them: what every calendar page shows.

A package fills the days with its own `Entry`s and renders `web/month.html`; entries that name a `move`
may be dragged to another day by static/js/calendar.js.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on one day. `icon` says what kind of thing, `words` what happens.

    `tone` is late, done or nothing; `who` is the person whose it is, where several are shown; `move` is the URL that takes it to another day, to which `fields`
    are posted together with `on` (the day) and `at` (the day with the `time` that it keeps).
    """

    on: date
    icon: str
    words: str
    url: str = ""
    tone: str = ""
    time: str = ""
    who: Any = None
    move: str = ""
    fields: str = "{}"


@dataclass(frozen=True, slots=True)
class Day:
    """One box."""

    on: date
    is_inside: bool
    is_today: bool
    entries: list[Entry]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A month with the weeks that it touches, or one week; `before` and `after` name those beside it."""

    first: date
    last: date
    start: date
    weeks: int
    before: str
    after: str

    @property
    def end(self) -> date:
        """The day after the last box."""
        return self.start + DAY * 7 * self.weeks

    @property
    def is_week(self) -> bool:
        """Whether it is seven days."""
        return self.last - self.first == DAY * 6


@dataclass(frozen=True, slots=True)
class Calendar:
    """A span with its boxes."""

    span: Span
    weeks: list[list[Day]]

    @property
    def days(self) -> list[Day]:
        """Those with something on them, for narrow screens."""
        return [day for week in self.weeks for day in week if day.entries and day.is_inside]

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return not self.days


def month(told: str, *, today: date, week_start: int) -> Span:
    """The month written as 2026-11; that of `today` where nothing sensible is told."""
    first = _month_told(told) or today.replace(day=1)
    following = (first + DAY * 32).replace(day=1)
    start = _monday(first, week_start)
    weeks = (following - DAY - start).days // 7 + 1
    before = f"{first - DAY:%Y-%m}"
    return Span(first, following - DAY, start, weeks, before, f"{following:%Y-%m}")


def week(told: str, *, today: date, week_start: int) -> Span:
    """The week of the day written as 2026-11-29; that of `today` where nothing sensible is told."""
    first = _monday(_day_told(told) or today, week_start)
    following = first + DAY * 7
    return Span(
        first, following - DAY, first, 1, (first - DAY * 7).isoformat(), following.isoformat()
    )


def filled(
    span: Span, entries: Iterable[Entry], *, today: date, more: Mapping[date, int] | None = None
) -> Calendar:
    """The boxes of a span with their entries, in the order in which these come."""
    found: dict[date, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.on, []).append(entry)
    left = more or {}
    boxes = [
        Day(on, span.first <= on <= span.last, on == today, found.get(on, []), left.get(on, 0))
        for on in (span.start + DAY * n for n in range(7 * span.weeks))
    ]
    return Calendar(span, [boxes[n : n + 7] for n in range(0, len(boxes), 7)])


def _monday(on: date, week_start: int) -> date:
    return on - DAY * ((on.isoweekday() - week_start) % 7)


def _month_told(told: str) -> date | None:
    try:
        year, number = (int(part) for part in told.split("-"))
        return _sensible(date(year, number, 1))
    except ValueError:
        return None


def _day_told(told: str) -> date | None:
    try:
        return _sensible(date.fromisoformat(told[:10]))
    except ValueError:
        return None


def _sensible(found: date) -> date | None:
    return found if 2000 <= found.year <= 2100 else None

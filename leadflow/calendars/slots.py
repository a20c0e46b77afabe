"""When somebody can be met: pure functions over opening hours and what is taken already.

Everything is reckoned in UTC from the beginning of each opening, so a slot is exactly as long as it
says on the days on which the clock is put forward or back too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leadflow.calendars.hours import Hours, openings

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What makes a time bookable."""

    length: timedelta
    step: timedelta
    before: timedelta = timedelta()
    after: timedelta = timedelta()
    notice: timedelta = timedelta()
    ahead: timedelta = timedelta(days=60)
    per_day: int | None = None

    def blocked(self, start: datetime) -> Span:
        """A meeting at `start` with what is kept free around it."""
        return start - self.before, start + self.length + self.after


def free(
    hours: Hours, terms: Terms, busy: Iterable[Span], met: Iterable[datetime], window: Span, *, now: datetime
) -> Iterator[datetime]:  # fmt: skip
    """The starts within `window` at which one person can be met, in order.

    `busy` is what she does otherwise; `met` are the starts that count against the most of a day,
    which is a day where she is.
    """
    zone = ZoneInfo(hours.zone)
    first = max(window[0], now + terms.notice)
    last = min(window[1], now + terms.ahead)
    taken = sorted(busy)
    full = _full_days(met, terms.per_day, zone)
    for opens, closes in openings(hours, first):
        if opens >= last:
            return
        near = [
            one for one in taken if one[0] < closes + terms.after and one[1] > opens - terms.before
        ]
        for start in _steps(opens, closes, terms):
            fits = first <= start < last and start.astimezone(zone).date() not in full
            if fits and not _meets(terms.blocked(start), near):
                yield start


def _steps(opens: datetime, closes: datetime, terms: Terms) -> Iterator[datetime]:
    start = opens
    while start + terms.length <= closes:
        yield start
        start += terms.step


def _meets(span: Span, others: Sequence[Span]) -> bool:
    return any(one[0] < span[1] and span[0] < one[1] for one in others)


def _full_days(met: Iterable[datetime], per_day: int | None, zone: ZoneInfo) -> set[object]:
    if per_day is None:
        return set()
    days = Counter(start.astimezone(zone).date() for start in met)
    return {day for day, count in days.items() if count >= per_day}

"""The time that numbers are asked for: some days back from now, or from one day to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.utils.timezone import make_aware

from leadflow.kit import clock

RANGES = (30, 90, 365)
MOST_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is looked at; `days` back from now, or from one day to another, both included."""

    start: datetime
    end: datetime
    days: int = 0
    first: date | None = None
    last: date | None = None

    @property
    def before(self) -> datetime:
        """Where as long a time begins that ends where this one does begin."""
        return self.start - (self.end - self.start)

    @property
    def address(self) -> str:
        """The same time in an address, as `window_of` reads it."""
        told = {"from": self.first, "to": self.last} if self.first else {"days": self.days}
        return urlencode(told)


def window_of(told: Mapping[str, str]) -> Window:
    """As the address asks; 90 days where it cannot be read."""
    first, last = (day_of(told.get(key, "")) for key in ("from", "to"))
    if first and last and timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
        return Window(begin_of(first), begin_of(last + timedelta(days=1)), first=first, last=last)
    asked = told.get("days", "")
    days = int(asked) if asked in {str(one) for one in RANGES} else 90
    end = clock.now()
    return Window(end - timedelta(days=days), end, days)


def day_of(told: str) -> date | None:
    """A day of our time, as an address tells it."""
    try:
        found = date.fromisoformat(told)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


def begin_of(day: date) -> datetime:
    """Its midnight where the reader is."""
    return make_aware(datetime.combine(day, time()))

"""The times of a meeting type as a visitor reads them: by day, in her time zone, a page at a time."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from leadflow.calendars.models import Booking, MeetingType
from leadflow.calendars.selectors import free_slots, organisation_hours
from leadflow.kit import clock, zones

DAYS = 7  # with a free time, on one page
FORM_DAYS = 10  # inside a form, which has no pages of times


@dataclass(frozen=True, slots=True)
class Time:
    """One time that can be taken; `value` is what is posted."""

    clock: str  # where the visitor is
    value: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day with its free times."""

    on: date
    times: list[Time]


@dataclass(frozen=True, slots=True)
class Offer:
    """One page of free times."""

    meeting: MeetingType
    zone: str
    days: list[Day] = field(default_factory=list)
    earlier: date | None = None
    later: date | None = None

    @property
    def zone_words(self) -> str:
        """The zone as people read it, with what its clocks say: New York, 08:00 now."""
        there = clock.now().astimezone(ZoneInfo(self.zone))
        words = {"place": zones.place(self.zone), "clock": f"{there:%H:%M}"}
        return _("%(place)s, %(clock)s now") % words

    def on(self, day: date | None) -> Day | None:
        """This day of the page, else its first; None where nothing is free."""
        return next((one for one in self.days if one.on == day), next(iter(self.days), None))


def zone_or_ours(name: str | None) -> str:
    """The visitor's zone where it is one, else the organisation's."""
    return name if name and zones.is_zone(name) else organisation_hours().zone


def offer(
    meeting: MeetingType,
    *,
    zone: str,
    first: date | None = None,
    besides: Booking | None = None,
    days: int = DAYS,
    at: datetime | None = None,
) -> Offer:
    """The free times from `first` on, some days of them; where the next and the page before begin."""
    at = at or clock.now()
    window = (at, at + timedelta(days=meeting.days_ahead))
    local = ZoneInfo(zone)
    found = free_slots(meeting, window, at=at, besides=besides)
    starts = (start.astimezone(local) for start in found)
    all_days = [
        Day(day, [Time(f"{start:%H:%M}", zones.write(start, zone)) for start in times])
        for day, times in groupby(starts, key=lambda start: start.date())
    ]
    begins = (n for n, day in enumerate(all_days) if first is None or day.on >= first)
    begin = next(begins, len(all_days))
    end = begin + days
    return Offer(
        meeting,
        zone,
        all_days[begin:end],
        earlier=all_days[max(0, begin - days)].on if begin else None,
        later=all_days[end].on if end < len(all_days) else None,
    )

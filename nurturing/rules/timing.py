"""When a step comes: waits, sending hours, caps. No Django, no database.

Times go in and out in UTC; windows and business days are read in the receiver's own zone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from leadflow.calendars.hours import Hours, openings
from leadflow.kit.periods import instant
from nurturing.rules.walking import Step

UNITS = ("minutes", "hours", "days", "business_days")
MOST_WAIT = {"minutes": 60 * 24 * 7, "hours": 24 * 60, "days": 365, "business_days": 250}
JITTER = timedelta(minutes=15)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
Caps = tuple[
    tuple[timedelta, int], ...
]  # at most so many marketing mails in any window of that length
CAPS: Caps = ((DAY, 1), (WEEK, 3))
FRESH = timedelta(days=3)  # a mail that would come later than this is left out instead
LOOP = (DAY, 3)  # a person who enters a sequence more often than this runs in a circle
BOUNCES, BOUNCED_MAILS = 5, 3  # so many failed tries over so many mails ...
BOUNCE_SPAN, BOUNCE_REST = (
    timedelta(days=30),
    timedelta(days=14),
)  # ... within this let it rest so long
_MOST_DAYS = 1_000

# Countries whose people all live by one clock; others say nothing about the zone.
_ONE_ZONE = {
    "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CH": "Europe/Zurich",
    "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn",
    "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens",
    "HR": "Europe/Zagreb", "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IL": "Asia/Jerusalem",
    "IN": "Asia/Kolkata", "IT": "Europe/Rome", "JP": "Asia/Tokyo", "KR": "Asia/Seoul",
    "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo", "PL": "Europe/Warsaw", "RO": "Europe/Bucharest", "SE": "Europe/Stockholm",
    "SG": "Asia/Singapore", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
    "TR": "Europe/Istanbul", "ZA": "Africa/Johannesburg",
}  # fmt: skip


@dataclass(frozen=True)
class Window:
    """When mail may arrive: days of the week (0 is Monday) and local times of day."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    opens: str = "08:00"
    closes: str = "18:00"

    def hours(self, zone: str, closed: frozenset[date] = frozenset()) -> Hours:
        """The window as opening hours in a zone."""
        week = [[self.opens, self.closes] if day in self.days else [] for day in range(7)]
        return Hours(week, zone, closed)


@cache
def _known_zones() -> frozenset[str]:
    """Read once: it walks a directory."""
    return frozenset(available_timezones())


def zone_of(explicit: str, country: str, company_country: str, workspace: str) -> str:
    """Whose clock counts: the receiver's own, else that of her country if it has one, else ours."""
    known = _known_zones()
    guesses = (explicit, _ONE_ZONE.get(country), _ONE_ZONE.get(company_country), workspace)
    return next((zone for zone in guesses if zone and zone in known), "UTC")


# --- When -------------------------------------------------------------------------------------------


def wait_ends(step: Step, start: datetime, hours: Hours) -> datetime:
    """When a wait that begins at `start` is over.

    Two days are 48 hours; two business days are counted on the calendar and keep the time of day; `at`
    moves the end to the next such time of day.
    """
    amount, start = int(step["amount"]), start.astimezone(UTC)  # sums across a change of clocks
    match step["unit"]:
        case "minutes":
            end = start + timedelta(minutes=amount)
        case "hours":
            end = start + timedelta(hours=amount)
        case "days":
            end = start + timedelta(days=amount)
        case _:
            end = add_business_days(start, amount, hours)
    return next_time_of_day(end, step["at"], hours.zone) if step.get("at") else end


def add_business_days(start: datetime, days: int, hours: Hours) -> datetime:
    """`days` working days later at the same local time; where no day is one, every day counts."""
    zone = ZoneInfo(hours.zone)
    local = start.astimezone(zone).replace(tzinfo=None)
    left, day = days, local.date()
    for _step in range(_MOST_DAYS):
        if left <= 0:
            break
        day += timedelta(days=1)
        left -= hours.never_opens() or (bool(hours.week[day.weekday()]) and day not in hours.closed)
    return instant(datetime.combine(day, local.time()), zone)


def next_time_of_day(
    start: datetime, wall: str, zone_name: str, days: Collection[int] = range(7)
) -> datetime:
    """The first instant from `start` on at which the clocks of the zone show `wall`, on one of these days
    of the week (0 is Monday). A time that the clocks skip is the first one after; of a time that comes
    twice only the first counts."""
    zone = ZoneInfo(zone_name)
    hour, minute = (int(part) for part in wall.split(":"))
    local = start.astimezone(zone)
    day = local.date() - timedelta(days=1)
    while True:
        found = instant(datetime(day.year, day.month, day.day, hour, minute), zone)  # noqa: DTZ001
        if found >= start and day.weekday() in days:
            return found
        day += timedelta(days=1)


def until_hour(step: Step, start: datetime, zone: str) -> datetime:
    """When a wait for an hour of the day, on certain days of the week, is over."""
    return next_time_of_day(start, step["at"], zone, step.get("days") or range(7))


def until_day(step: Step, day: date, zone: str) -> datetime:
    """When a wait for a day of hers is over: so many days before (less than 0) or after it, at an hour."""
    hour, minute = (int(part) for part in step["at"].split(":"))
    wanted = day + timedelta(days=int(step["days"]))
    return instant(datetime.combine(wanted, time(hour, minute)), ZoneInfo(zone))


Opening = tuple[datetime, datetime] | None


def coming_opening(at: datetime, hours: Hours) -> Opening:
    """The first opening of the window that is not over at `at`; None for a window that never opens, which
    is no window."""
    return None if hours.never_opens() else next(openings(hours, at), None)


def within(at: datetime, opening: Opening, seed: int) -> datetime:
    """`at` inside the opening that `coming_opening` found, else its beginning plus up to 15 minutes, so that
    not all leave at once. Day and time are found together."""
    if opening is None or opening[0] <= at:
        return at
    opens, closes = opening
    room = min(JITTER, closes - opens - timedelta(seconds=1))
    return opens + timedelta(seconds=seed * 2_654_435_761 % (int(room.total_seconds()) + 1))


def send_time(at: datetime, hours: Hours, seed: int) -> datetime:
    """`at` inside the window, else soon after its next opening."""
    return within(at, coming_opening(at, hours), seed)


def free_slot(sent: Sequence[datetime], at: datetime, caps: Caps = CAPS) -> datetime:
    """The first moment from `at` on at which another mail keeps within the caps."""
    slot = at
    for _round in range(len(sent) * len(caps) + 1):
        later = max((_freed(sent, slot, length, most) for length, most in caps), default=slot)
        if later <= slot:
            break
        slot = later
    return slot


def _freed(sent: Sequence[datetime], slot: datetime, length: timedelta, most: int) -> datetime:
    """When the window of that length that ends at `slot` has room, if nothing else is sent."""
    inside = sorted(one for one in sent if one > slot - length)
    return inside[-most] + length if len(inside) >= most else slot


def mail_time(
    at: datetime,
    hours: Hours,
    sent: Sequence[datetime],
    seed: int,
    caps: Caps = CAPS,
    fresh: timedelta = FRESH,
) -> datetime | None:
    """When a mail that is due at `at` may leave; None where that is too late to still make sense."""
    moment = at
    for _round in range(10):
        moment_before = moment
        moment = send_time(free_slot(sent, moment, caps), hours, seed)
        if moment == moment_before:
            break
    return moment if moment - at <= fresh else None


def runs_in_circle(starts: Sequence[datetime], at: datetime) -> bool:
    """Whether somebody entered so often lately that only a loop explains it."""
    length, most = LOOP
    return sum(one > at - length for one in starts) >= most


def bounces_until(bounced: Sequence[tuple[datetime, int]], at: datetime) -> datetime | None:
    """Until when mail to an address rests that keeps coming back; None where it need not. Each is the
    moment at which a mail came back for good, and how often it was tried."""
    lately = [(moment, tries) for moment, tries in bounced if at - BOUNCE_SPAN < moment <= at]
    if len(lately) < BOUNCED_MAILS or sum(max(tries, 1) for _at, tries in lately) < BOUNCES:
        return None
    rests = max(moment for moment, _tries in lately) + BOUNCE_REST
    return rests if rests > at else None


def may_enter_again(
    policy: Mapping[str, Any], ended_at: datetime | None, at: datetime, cause: str = ""
) -> bool:
    """Whether somebody who was in the sequence before may enter once more. Who merely left the segment
    of its trigger and came back does not, unless the sequence says so."""
    if cause.startswith("segment:") and not policy.get("segment"):
        return False
    match policy.get("policy", "never"):
        case "always":
            return True
        case "after":
            return ended_at is not None and ended_at <= at - timedelta(days=int(policy["days"]))
    return False

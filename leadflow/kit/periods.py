"""Half-open windows of whole days in one time zone: what a range picker and a KPI mean by "June"."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_UTC = ZoneInfo("UTC")


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a naive wall-clock time.

    A time that a zone skips (spring) is the first valid instant after; one that comes twice (autumn)
    is its first occurrence.
    """
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local:
        return first
    return _transition(local.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _transition(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The second between two instants at which the zone's offset changes."""
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True)
class Period:
    """From the start of `start_on` to the start of `end_on` (not included), in `zone`."""

    start_on: date
    end_on: date
    zone: ZoneInfo = _UTC

    def __post_init__(self) -> None:
        if self.end_on <= self.start_on:
            raise ValueError("a period has at least one day")

    @property
    def start(self) -> datetime:
        """The first instant inside."""
        return instant(datetime.combine(self.start_on, time.min), self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after."""
        return instant(datetime.combine(self.end_on, time.min), self.zone)

    @property
    def last_on(self) -> date:
        """The last day inside, as people name a range."""
        return self.end_on - _DAY

    @property
    def days(self) -> int:
        """How many days."""
        return (self.end_on - self.start_on).days

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def dates(self) -> Iterator[date]:
        """Each day, in order."""
        return (self.start_on + timedelta(days=n) for n in range(self.days))

    def previous(self) -> "Period":
        """The window just before: whole calendar months for whole months, else as many days."""
        if self._is_whole_months():
            start = add_months(self.start_on, -_months_between(self.start_on, self.end_on))
        else:
            start = self.start_on - timedelta(days=self.days)
        return Period(start, self.start_on, self.zone)

    def same_last_year(self) -> "Period":
        """The same dates a year before; 29 February becomes 28 February as a first day."""
        start = add_months(self.start_on, -12)
        end = add_months(self.end_on, -12)
        return Period(start, max(end, start + _DAY), self.zone)

    def _is_whole_months(self) -> bool:
        return self.start_on.day == 1 and self.end_on.day == 1


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, _month_length(year, month + 1)))


def _month_length(year: int, month: int) -> int:
    after = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
    return (after - date(year, month, 1)).days


def _months_between(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def month(day: date) -> tuple[date, date]:
    """The calendar month of a day."""
    first = day.replace(day=1)
    return first, add_months(first, 1)


def quarter(day: date, fiscal_start: int = 1) -> tuple[date, date]:
    """The quarter of a day, counted from the first month of the fiscal year."""
    first = day.replace(day=1)
    first = add_months(first, -((day.month - fiscal_start) % 3))
    return first, add_months(first, 3)


def fiscal_year(day: date, fiscal_start: int = 1) -> tuple[date, date]:
    """The fiscal year of a day; `fiscal_start` is its first month, 1 to 12."""
    first = add_months(day.replace(day=1), -((day.month - fiscal_start) % 12))
    return first, add_months(first, 12)


def week(day: date, first_day: int = 0) -> tuple[date, date]:
    """The week of a day; `first_day` is 0 for Monday to 6 for Sunday."""
    first = day - timedelta(days=(day.weekday() - first_day) % 7)
    return first, first + timedelta(days=7)


@dataclass(frozen=True)
class Calendar:
    """What an organisation means by today, a week and a year."""

    zone: ZoneInfo = _UTC
    first_day: int = 0
    fiscal_start: int = 1


_Span = tuple[date, date]
_Maker = Callable[[date, Calendar], _Span]


def _days_to(today: date, count: int) -> _Span:
    return today - timedelta(days=count - 1), today + _DAY


def _before(make: _Maker) -> _Maker:
    """The span of the same kind that ended last."""
    return lambda today, calendar: make(make(today, calendar)[0] - _DAY, calendar)


def _this_week(today: date, calendar: Calendar) -> _Span:
    return week(today, calendar.first_day)


def _this_month(today: date, _calendar: Calendar) -> _Span:
    return month(today)


def _this_quarter(today: date, calendar: Calendar) -> _Span:
    return quarter(today, calendar.fiscal_start)


def _this_year(today: date, _calendar: Calendar) -> _Span:
    return fiscal_year(today, 1)


def _this_fiscal_year(today: date, calendar: Calendar) -> _Span:
    return fiscal_year(today, calendar.fiscal_start)


PRESETS: dict[str, _Maker] = {
    "today": lambda today, _calendar: _days_to(today, 1),
    "yesterday": lambda today, _calendar: (today - _DAY, today),
    "last_7_days": lambda today, _calendar: _days_to(today, 7),
    "last_30_days": lambda today, _calendar: _days_to(today, 30),
    "last_90_days": lambda today, _calendar: _days_to(today, 90),
    "last_365_days": lambda today, _calendar: _days_to(today, 365),
    "this_week": _this_week,
    "last_week": _before(_this_week),
    "this_month": _this_month,
    "last_month": _before(_this_month),
    "this_quarter": _this_quarter,
    "last_quarter": _before(_this_quarter),
    "this_year": _this_year,
    "last_year": _before(_this_year),
    "this_fiscal_year": _this_fiscal_year,
    "last_fiscal_year": _before(_this_fiscal_year),
}


def preset(name: str, at: datetime, calendar: Calendar | None = None) -> Period:
    """The period that `name` means at this instant; KeyError for an unknown name."""
    calendar = calendar or Calendar()
    start, end = PRESETS[name](at.astimezone(calendar.zone).date(), calendar)
    return Period(start, end, calendar.zone)

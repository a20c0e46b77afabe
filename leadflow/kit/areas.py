"""What time it is where somebody is, as far as her zone or her country tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from leadflow.kit import zones

_SATURDAY = 5


@cache
def zones_of_countries() -> Mapping[str, tuple[str, ...]]:
    """The zones of each country by its two letters, as the time zone database lists them."""
    found: dict[str, tuple[str, ...]] = {}
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _place, zone = line.split("\t")[:3]
            found[code] = (*found.get(code, ()), zone)
    return found


@dataclass(frozen=True)
class Daytime:
    """The hours in which people may be called on their own clock: from `start` until before `end`."""

    start: int
    end: int
    weekends: bool = False

    def holds(self, at: datetime, zone: str) -> bool:
        """Whether it is so at that moment in that zone."""
        there = at.astimezone(ZoneInfo(zone))
        is_day = self.weekends or there.weekday() < _SATURDAY
        return is_day and self.start <= there.hour < self.end

    def zones(self, at: datetime) -> set[str]:
        """The zones in which it is so."""
        return {name for name in zones.names() if self.holds(at, name)}

    def countries(self, at: datetime) -> set[str]:
        """The countries in which it is so everywhere; of one that is wider than these hours, in its middle."""
        return {code for code, names in zones_of_countries().items() if self._in_all(at, names)}

    def _in_all(self, at: datetime, names: tuple[str, ...]) -> bool:
        ahead = sorted(at.astimezone(ZoneInfo(name)).replace(tzinfo=None) for name in names)
        width = (ahead[-1] - ahead[0]).total_seconds() / 3600
        if width >= self.end - self.start:
            by_clock = sorted(
                names, key=lambda name: at.astimezone(ZoneInfo(name)).replace(tzinfo=None)
            )
            return self.holds(at, by_clock[len(by_clock) // 2])
        return all(self.holds(at, name) for name in names)

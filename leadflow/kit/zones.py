"""Time zones by the names that people know, and instants that remember where they were chosen."""

import re
from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

_KEPT = {"UTC"}
_OLD = {"Etc", "SystemV", "US", "Canada", "Brazil", "Mexico", "Chile"}
# RFC 9557: an instant in UTC and, in brackets, the zone of whoever chose it
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::00)?Z\[([A-Za-z0-9_+/-]{1,64})\]")


@cache
def names() -> list[str]:
    """Every zone that is named after a place, and UTC."""
    return sorted(n for n in _all() if _is_place(n) or n in _KEPT)


def is_zone(name: str) -> bool:
    """Whether times can be shown in it; old names that browsers still send count."""
    return name in _all()


@cache
def _all() -> frozenset[str]:
    return frozenset(available_timezones())  # reads the files of all zones


def place(name: str) -> str:
    """The place that a zone is named after: New York, for America/New_York."""
    return name.rpartition("/")[2].replace("_", " ")


def write(at: datetime, zone: str) -> str:
    """An instant, to the minute, with the zone in which somebody chose it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}[{zone}]"


def read(text: str) -> tuple[datetime, str] | None:
    """The same back; None for anything else."""
    found = _INSTANT.fullmatch(text)
    if not found or not is_zone(found[2]):
        return None
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC), found[2]
    except ValueError:
        return None


def _is_place(name: str) -> bool:
    area, _slash, place = name.partition("/")
    return bool(place) and area not in _OLD

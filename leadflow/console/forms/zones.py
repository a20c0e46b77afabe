"""Time zones as a person picks them."""

from functools import cache
from zoneinfo import available_timezones

from django.utils.translation import gettext_lazy as _

_KEPT = {"UTC"}


@cache
def zone_choices() -> list[tuple[str, str]]:
    """Every zone that is named after a place, as the browser's list lets one type it."""
    names = sorted(n for n in available_timezones() if _is_place(n) or n in _KEPT)
    return [(name, name.replace("_", " ")) for name in names]


def own_zone_choices() -> list[tuple[str, object]]:
    """The same, with the organisation's zone first."""
    return [("", _("As the organisation")), *zone_choices()]


def _is_place(name: str) -> bool:
    area, _slash, place = name.partition("/")
    return bool(place) and area not in {
        "Etc",
        "SystemV",
        "US",
        "Canada",
        "Brazil",
        "Mexico",
        "Chile",
    }

"""The ten filters of the merge language. Each takes a value and plain arguments, and cannot fail."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from django.utils import dateformat
from django.utils.translation import gettext as _

from leadflow.blocks.schema import is_web_address
from leadflow.kit.text import truncate

MAX_VALUE = 20_000
_DAY = "j F Y"


@dataclass(frozen=True)
class Filter:
    """What it does, and how many plain arguments it takes."""

    apply: Callable[..., Any]
    least: int = 0
    most: int = 0

    @property
    def takes(self) -> str:
        """In words, for an error."""
        if self.most == 0:
            return _("nothing")
        return _("one value") if self.least == self.most else _("at most one value")


def shown(value: Any) -> str:
    """A value as it stands in a message."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return dateformat.format(value, _DAY)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)[:MAX_VALUE]


def truthy(value: Any) -> bool:
    """Whether there is anything: nil, false and empty text are nothing; 0 is something."""
    return value is not None and value is not False and value != ""


def _default(value: Any, other: Any) -> Any:
    if type(value) is str and len(value) <= MAX_VALUE:  # most of them
        return value if value and not value.isspace() else other
    return value if truthy(value) and shown(value).strip() else other


def _capitalize(value: Any) -> str:
    text = shown(value)
    return text[:1].upper() + text[1:]


def _truncate(value: Any, length: Any = 50) -> str:
    wanted = length if isinstance(length, int) and not isinstance(length, bool) else 50
    return truncate(shown(value), max(0, min(wanted, MAX_VALUE)))


def _date(value: Any, form: Any = _DAY) -> str:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return shown(value)
    if not isinstance(value, date):
        return shown(value)
    try:
        return dateformat.format(value, str(form)[:40])
    except (TypeError, AttributeError, NotImplementedError):
        return shown(value)  # a time of day was asked of a day


def _round(value: Any, places: Any = 0) -> str:
    digits = places if isinstance(places, int) and 0 <= places <= 8 else 0
    try:
        number = Decimal(shown(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    except InvalidOperation:
        return shown(value)
    return f"{number:f}"


FILTERS: dict[str, Filter] = {
    "append": Filter(lambda value, end: shown(value) + shown(end), 1, 1),
    "capitalize": Filter(_capitalize),
    "date": Filter(_date, 0, 1),
    "default": Filter(_default, 1, 1),
    "downcase": Filter(lambda value: shown(value).lower()),
    "prepend": Filter(lambda value, start: shown(start) + shown(value), 1, 1),
    "round": Filter(_round, 0, 1),
    "strip": Filter(lambda value: shown(value).strip()),
    "truncate": Filter(_truncate, 0, 1),
    "upcase": Filter(lambda value: shown(value).upper()),
}


def _as_link(value: Any) -> str:
    """A whole address that a field holds: the web, or nothing."""
    text = shown(value).strip()
    return text if is_web_address(text) else ""


def _as_address(value: Any) -> str:
    """A value inside an address: it cannot end the part in which it stands."""
    return quote(shown(value).strip(), safe="@")


# What the renderer of designs puts behind a field that stands in an address; nobody can write them.
OWN: dict[str, Filter] = {"as_link": Filter(_as_link), "as_address": Filter(_as_address)}
KNOWN = FILTERS | OWN

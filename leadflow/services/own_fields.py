"""Fields that the organisation made itself: what may be stored in `custom` of a lead, company or deal."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from leadflow.kit import text
from leadflow.models import CustomField

PREFIX = "custom."  # addresses one in values and history: custom.budget_code


def known(subject: str) -> dict[str, CustomField]:
    """Those in use for one kind of record (of CustomField.Subject), by key."""
    return {row.key: row for row in CustomField.objects.filter(subject=subject, is_archived=False)}


def clean(fields: Mapping[str, CustomField], key: str, value: Any) -> Any:
    """A value as JSON keeps it; None for a blank. ValueError with a sentence where it does not fit."""
    field = fields.get(key)
    if field is None:
        raise ValueError(
            _("There is no field “%(key)s”. Make it in Settings first.") % {"key": key}
        )
    if value in (None, "", []):
        return None
    parse = _PARSERS[field.type] if field.type in _PARSERS else _line  # noqa: SIM401
    return parse(field, value)


def put(stored: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The stored values with one of them set; None takes it out."""
    rest = {name: one for name, one in stored.items() if name != key}
    return rest if value is None else {**rest, key: value}


def _number(_field: CustomField, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):  # "nan" and "inf" are floats, and JSON knows neither
        raise ValueError(_("Enter a number."))
    return number


def _day(_field: CustomField, value: Any) -> str:
    """As rules compare it: 2026-11-22."""
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError(_("Enter a date such as 2026-11-22.")) from None
    return f"{day:%Y-%m-%d}"


def _yes_no(_field: CustomField, value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in {"1", "true", "yes", "on"}


def _one_of(field: CustomField, value: Any) -> Any:
    if value not in field.choices:
        raise ValueError(_("Choose one of: %(list)s.") % {"list": ", ".join(field.choices)})
    return value


def _several_of(field: CustomField, value: Any) -> list[Any]:
    return [_one_of(field, one) for one in value]


def _line(_field: CustomField, value: Any) -> str:
    return text.one_line(str(value))


_PARSERS: Mapping[str, Callable[[CustomField, Any], Any]] = {
    CustomField.Type.NUMBER: _number,
    CustomField.Type.DATE: _day,
    CustomField.Type.BOOLEAN: _yes_no,
    CustomField.Type.CHOICE: _one_of,
    CustomField.Type.CHOICES: _several_of,
}

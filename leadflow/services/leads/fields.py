"""Which fields of a lead people and submissions may write, and how a value is made fit to store."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.kit import emails, phones, text
from leadflow.models import CustomField, Lead

# Everything else (stage, owner, score, times, origin) has its own verb and cannot be set as a field.
EDITABLE = frozenset(
    {
        "first_name", "last_name", "email", "phone", "job_title", "seniority", "department", "city",
        "region", "country", "birth_year", "language", "time_zone", "social", "preferred_channel",
        "preferred_time", "buyer_stage", "funnel_position", "direction", "company", "source",
        "campaign",
    }
)  # fmt: skip


def cleaned(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the form in which they are stored. Raises Invalid naming every bad field.

    `custom.KEY` addresses a field that the organisation made. An e-mail may come parsed.
    """
    good: dict[str, Any] = {}
    bad: dict[str, list[str]] = {}
    known = None
    for key, value in fields.items():
        try:
            if key.startswith("custom."):
                known = known if known is not None else _custom_fields()
                good[key] = clean_custom(known, key.removeprefix("custom."), value)
            elif key in EDITABLE:
                good[key] = _clean(key, value, str(fields.get("country") or ""))
            else:
                bad[key] = [_("This field cannot be set here.")]
        except ValidationError as error:
            bad[key] = error.messages
        except ValueError as error:
            bad[key] = [str(error)]
    if bad:
        raise Invalid(_("Some values cannot be taken."), bad)
    return good


def _clean(key: str, value: Any, country: str) -> Any:
    if value is None or value == "":
        return None if Lead._meta.get_field(key).null else ("" if key != "social" else {})
    if key == "email":
        return (value if isinstance(value, emails.Email) else emails.parse(str(value))).address
    if key == "phone":
        return phones.normalise(str(value), country or None)
    if key == "country":
        value = str(value).upper()
    if isinstance(value, str):
        value = text.one_line(value)
    field = Lead._meta.get_field(key)
    return value if field.is_relation else field.clean(value, None)  # type: ignore[union-attr]


def _custom_fields() -> dict[str, CustomField]:
    rows = CustomField.objects.filter(subject=CustomField.Subject.LEAD, is_archived=False)
    return {row.key: row for row in rows}


def clean_custom(known: Mapping[str, CustomField], key: str, value: Any) -> Any:
    """A value of a custom field, as JSON keeps it. ValueError with a sentence where it does not fit."""
    field = known.get(key)
    if field is None:
        raise ValueError(
            _("There is no field “%(key)s”. Make it in Settings first.") % {"key": key}
        )
    if value in (None, "", []):
        return None
    parse = _PARSERS[field.type] if field.type in _PARSERS else _line  # noqa: SIM401
    return parse(field, value)


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


def current(lead: Lead, key: str) -> Any:
    """The stored value of a field, custom ones included; relations as the related row's id."""
    if key.startswith("custom."):
        return lead.custom.get(key.removeprefix("custom."))
    field = Lead._meta.get_field(key)
    return getattr(lead, field.attname if field.is_relation else key)  # type: ignore[union-attr]


def put(lead: Lead, key: str, value: Any) -> None:
    """Set a field on the row in memory."""
    if key.startswith("custom."):
        name = key.removeprefix("custom.")
        lead.custom = (
            {**lead.custom, name: value}
            if value is not None
            else {k: v for k, v in lead.custom.items() if k != name}
        )
    else:
        setattr(lead, key, value)


def comparable(value: Any) -> Any:
    """A relation by its id, everything else as it is."""
    return getattr(value, "pk", value)


def search_text_of(lead: Lead) -> str:
    """What search compares for this lead; the company's name is part of it."""
    company = lead.company.name if lead.company_id and lead.company else ""
    return text.search_text(
        lead.first_name, lead.last_name, lead.email, lead.phone, lead.job_title, company
    )

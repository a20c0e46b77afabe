"""Which fields of a lead people and submissions may write, and how a value is made fit to store."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.kit import emails, phones, text
from leadflow.models import CustomField, Lead
from leadflow.services import own_fields

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
                known = known if known is not None else own_fields.known(CustomField.Subject.LEAD)
                good[key] = own_fields.clean(known, key.removeprefix("custom."), value)
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


def current(lead: Lead, key: str) -> Any:
    """The stored value of a field, custom ones included; relations as the related row's id."""
    if key.startswith("custom."):
        return lead.custom.get(key.removeprefix("custom."))
    field = Lead._meta.get_field(key)
    return getattr(lead, field.attname if field.is_relation else key)  # type: ignore[union-attr]


def put(lead: Lead, key: str, value: Any) -> None:
    """Set a field on the row in memory."""
    if key.startswith("custom."):
        lead.custom = own_fields.put(lead.custom, key.removeprefix("custom."), value)
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

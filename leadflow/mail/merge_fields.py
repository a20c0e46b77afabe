"""The fields that a message may mention, and their values for one lead."""

from typing import Any

from leadflow.models import CustomField, Lead, Organisation

_LEAD = (
    *("first_name", "last_name", "email", "phone", "job_title", "department"),
    *("city", "region", "country", "language"),
)
_COMPANY = ("name", "domain", "industry", "country")


def catalogue() -> list[str]:
    """Every path that a template may use, custom fields included."""
    custom = CustomField.objects.filter(subject="lead").order_by("key")
    return [
        "lead.name",
        *(f"lead.{name}" for name in _LEAD),
        *(f"lead.custom.{key}" for key in custom.values_list("key", flat=True)),
        *(f"company.{name}" for name in _COMPANY),
        "owner.name",
        "owner.first_name",
        "owner.email",
        "organisation.name",
    ]


def values_for(lead: Lead, organisation: Organisation | None = None) -> dict[str, Any]:
    """What the paths mean for this lead (with `company` and `owner` joined where many are asked)."""
    company, owner = lead.company, lead.owner
    organisation = organisation or Organisation.current()
    values: dict[str, Any] = {"lead.name": f"{lead.first_name} {lead.last_name}".strip()}
    values |= {f"lead.{name}": getattr(lead, name) for name in _LEAD}
    values |= {f"lead.custom.{key}": value for key, value in lead.custom.items()}
    values |= {f"company.{name}": getattr(company, name, "") for name in _COMPANY}
    values |= {
        "owner.name": owner.name if owner else "",
        "owner.first_name": owner.first_name if owner else "",
        "owner.email": (owner.email or "") if owner else "",
        "organisation.name": organisation.name,
    }
    return values

"""Where an answer can go: a field of the lead, one of the organisation's own fields, or just an answer."""

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.blocks.schema import Choices
from leadflow.calendars.models import MeetingType
from leadflow.models import ContactChannel, CustomField, Lead, Seniority

LEAD_FIELDS: tuple[tuple[str, Any], ...] = (
    ("first_name", _("First name")),
    ("last_name", _("Last name")),
    ("full_name", _("Full name")),
    ("company_name", _("Company")),
    ("job_title", _("Job title")),
    ("department", _("Department")),
    ("seniority", _("Seniority")),
    ("city", _("City")),
    ("region", _("Region")),
    ("company_size", _("People in the company")),
    ("country", _("Country (two letters)")),
    ("language", _("Language")),
    ("birth_year", _("Birth year")),
    ("preferred_channel", _("Preferred channel")),
    ("preferred_time", _("Best time to reach")),
)
# What a lead field with a fixed list can hold; an answer outside it stays an answer.
FIXED: dict[str, frozenset[str]] = {
    "seniority": frozenset(Seniority.values),
    "preferred_channel": frozenset(ContactChannel.values),
}


def longest(save_to: str, fallback: int) -> int:
    """How long an answer may be: as long as the lead field that takes it."""
    target = "last_name" if save_to == "full_name" else save_to
    if target == "company_name":
        return 200
    if not target or target.startswith("custom."):
        return fallback
    return getattr(Lead._meta.get_field(target), "max_length", None) or fallback


def meeting_choices() -> Choices:
    """What a booking block can offer; one that was put away stays, so that its form can be changed."""
    rows = MeetingType.objects.order_by("name").values_list("pk", "name", "is_archived")
    shown = ((str(pk), _t("%s (archived)") % name if gone else name) for pk, name, gone in rows)
    return [("", _t("Choose a meeting type")), *shown]


def save_to_choices() -> Choices:
    """Where an answer can go: kept as an answer, a field of the lead, or one of our own fields."""
    custom = CustomField.objects.filter(subject=CustomField.Subject.LEAD, is_archived=False)
    own = [(f"custom.{row.key}", row.label) for row in custom]
    return [("", _t("Answer only")), *LEAD_FIELDS, *own]

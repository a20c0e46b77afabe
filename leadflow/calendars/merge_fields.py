"""`booking.demo` in a mail: the page of that meeting type, on which its reader is known."""

from collections.abc import Collection

from leadflow.calendars import links
from leadflow.calendars.models import MeetingType
from leadflow.kit.remembering import remembered
from leadflow.models import Lead

PREFIX = "booking."


def paths() -> list[str]:
    """One for each meeting type that can be booked."""
    return [PREFIX + slug for slug in _slugs()]


def values(lead: Lead, asked: Collection[str]) -> dict[str, str]:
    """Her own link for each that a mail names. A draft's preview has a person without a row, who gets
    the open page.
    """
    if not any(path.startswith(PREFIX) for path in asked):
        return {}
    return {PREFIX + slug: links.personal_url(slug, lead) for slug in _slugs()}


@remembered
def _slugs() -> list[str]:
    rows = MeetingType.objects.open_to_visitors().order_by("slug")
    return list(rows.values_list("slug", flat=True))

"""Meeting types and bookings with only the fields that matter to a test."""

import itertools
from datetime import UTC, datetime
from typing import Any

from leadflow.calendars import bookings
from leadflow.calendars.models import Booking, MeetingType
from leadflow.people.models import User
from tests.factories.core import NOON, a_lead

_numbers = itertools.count(1)
MONDAY_TEN = datetime(2026, 3, 9, 9, tzinfo=UTC)  # ten in Berlin, a week after NOON


def a_meeting(*hosts: User, **fields: Any) -> MeetingType:
    """Half an hour with these hosts."""
    number = next(_numbers)
    told = {"name": f"Demo {number}", "slug": f"demo-{number}", "kind": "demo"}
    row = MeetingType.objects.create(**{**told, **fields})
    row.hosts.set(hosts)
    return row


def a_booking(meeting: MeetingType, starts_at: datetime = MONDAY_TEN, **fields: Any) -> Booking:
    """A booking, made through the front door."""
    lead = fields.pop("lead", None) or a_lead()
    told = {"name": lead.name, "email": lead.email or "", "zone": "Europe/Berlin"}
    guest = bookings.Guest(**{**told, **fields.pop("guest", {})})
    return bookings.book(
        **{
            "meeting": meeting,
            "lead": lead,
            "starts_at": starts_at,
            "guest": guest,
            "key": f"test:{next(_numbers)}",
            "at": NOON,
            **fields,
        }
    )

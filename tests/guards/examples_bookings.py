"""What the doors of meeting types and bookings are shown."""

from datetime import timedelta

from django.utils import timezone

from leadflow.calendars import links
from leadflow.calendars.models import Booking
from leadflow.people.models import Role
from tests.factories.calendars import a_meeting
from tests.guards.world import WHOSE


def prepare(world):
    meeting = a_meeting(world.users[Role.ADMIN], name="A meeting", slug="a-meeting")
    at = timezone.now()
    world.made["meeting"] = meeting
    world.made["booking"] = {
        whose: Booking.objects.create(
            key=f"world:{whose}", meeting_type=meeting, host=world.owners[whose],
            lead=world.leads[whose], starts_at=at + timedelta(days=2),
            ends_at=at + timedelta(days=2, minutes=30), blocked_from=at + timedelta(days=2),
            blocked_until=at + timedelta(days=2, minutes=30), created_at=at, changed_at=at,
        )
        for whose in WHOSE
    }  # fmt: skip


def meeting(world, whose):
    return {"pk": world.made["meeting"].pk}


def booking(world, whose):
    return {"pk": world.made["booking"][whose].pk}


def token(world, whose):
    return {"token": links.token_of(world.made["booking"][whose])}


EXAMPLES = {
    **{f"console:meetings-{door}": meeting for door in ("edit", "archive")},
    **{f"desk:booking-{door}": booking for door in ("missed", "move", "cancel")},
    **{
        f"capture:{door}": token
        for door in ("booked", "booked-move", "booked-cancel", "booked-file")
    },
    "capture:form-times": lambda world, whose: {"code": world.made["form"].public_id},
    "capture:booking-page": lambda world, whose: {"slug": world.made["meeting"].slug},
}
PAYLOADS = {}

"""What a visitor is sent about her booking: confirmation, change, cancellation, two reminders.

Each letter has a key with the number of the change it belongs to, so that each goes out once and a
reminder of a time that no longer holds is taken back.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from leadflow.calendars import links
from leadflow.calendars.models import Booking, MeetingType
from leadflow.kit import ics, zones
from leadflow.mail.models import Delivery
from leadflow.mail.services import Message, cancel, queue_many
from leadflow.models import Organisation

REMINDERS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}


def moment(at: datetime, zone: str) -> str:
    """Tuesday, 1 December 2026, 10:00 (Berlin time)."""
    local = at.astimezone(ZoneInfo(zone))
    day = f"{date_format(local, 'l')}, {date_format(local, 'j F Y')}"
    place = zone if zone == "UTC" else _("%(place)s time") % {"place": zones.place(zone)}
    return f"{day}, {time_format(local, 'H:i')} ({place})"


def when(booking: Booking) -> str:
    """Its time where the visitor is."""
    return moment(booking.starts_at, zone_of(booking))


def zone_of(booking: Booking) -> str:
    """The visitor's time zone, else the organisation's."""
    return booking.zone or Organisation.current().time_zone


def where(booking: Booking) -> str:
    """Where it takes place, in words."""
    meeting = booking.meeting_type
    if meeting.place == MeetingType.Place.PHONE:
        return _("We call you.")
    return meeting.place_details


def calendar(booking: Booking, method: ics.Method = ics.Method.REQUEST) -> bytes:
    """The booking as a calendar file."""
    host = booking.host
    organizer = host.email or settings.MAIL_FROM
    event = ics.Event(
        uid=f"{booking.public_id}@bookings.leadflow",
        sequence=booking.sequence,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        stamp=booking.changed_at,
        summary=_("%(what)s with %(who)s") % {"what": booking.meeting_type.name, "who": host.name},
        description=f"{booking.meeting_type.words}\n\n{links.own_url(booking)}".strip(),
        location=where(booking),
        organizer=ics.Person(organizer, host.name),
        attendees=(ics.Person(booking.email, booking.name),) if booking.email else (),
    )
    return ics.calendar(event, method=method)


def confirm(booking: Booking, *, at: datetime) -> None:
    """Say that it is booked, with the file, and remind her in time."""
    title = (
        _("Booked: %(what)s, %(when)s") if booking.sequence == 0 else _("Moved: %(what)s, %(when)s")
    )
    letters = [_letter(booking, "confirmed", title, calendar=calendar(booking), due_at=at)]
    for name, ahead in REMINDERS.items():
        due = booking.starts_at - ahead
        # who books within the day needs no reminder of it at once
        if due > at + timedelta(minutes=30):
            letters.append(_letter(booking, name, _("Reminder: %(what)s, %(when)s"), due_at=due))
    _send(booking, letters)


def say_cancelled(booking: Booking, *, at: datetime) -> None:
    """Say that it does not take place, and take it out of her calendar."""
    file, title = calendar(booking, ics.Method.CANCEL), _("Cancelled: %(what)s, %(when)s")
    _send(booking, [_letter(booking, "cancelled", title, calendar=file, due_at=at)])


def take_back(booking: Booking) -> None:
    """Stop what was to be sent for the time that does not hold any more."""
    keys = [_key(booking, name) for name in ("confirmed", *REMINDERS)]
    cancel(keys=keys, reason=_("The booking was changed"))


def _send(booking: Booking, letters: Iterable[Message]) -> None:
    if booking.email:
        queue_many(list(letters))


def _key(booking: Booking, name: str) -> str:
    return f"booking:{booking.pk}:{booking.sequence}:{name}"


def _letter(
    booking: Booking, name: str, title: str, *, calendar: bytes = b"", due_at: datetime | None = None
) -> Message:  # fmt: skip
    words = {"what": booking.meeting_type.name, "when": when(booking)}
    return Message(
        key=_key(booking, name),
        kind=Delivery.Kind.ESSENTIAL,
        purpose="booking",
        to=booking.email,
        to_name=booking.name,
        lead_id=booking.lead_id,
        subject=title % words,
        text=_text(booking, title % words),
        due_at=due_at,
        origin=booking.origin,
        calendar=calendar,
    )


def _text(booking: Booking, title: str) -> str:
    standing = booking.state == Booking.State.BOOKED
    again = links.own_url(booking) if standing else booking.meeting_type.page_url()
    change = _("Move or cancel it: %(url)s") if standing else _("Book another time: %(url)s")
    lines = [
        _("Hello %(name)s,") % {"name": booking.name} if booking.name else _("Hello,"),
        title + ".",
        _("With %(who)s, %(minutes)s minutes.")
        % {"who": booking.host.name, "minutes": booking.meeting_type.minutes},
        where(booking) if standing else "",
        change % {"url": again},
        Organisation.current().name,
    ]
    return "\n\n".join(line for line in lines if line) + "\n"

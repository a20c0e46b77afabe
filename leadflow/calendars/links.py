"""The addresses under which visitors book, look at what they booked, and change it."""

from datetime import datetime, timedelta

from django.conf import settings

from leadflow.calendars.models import Booking, MeetingType
from leadflow.kit import clock, tokens
from leadflow.models import Lead
from leadflow.services import hosts

_OWN, _KNOWN = "booking.v1", "booker.v1"
KNOWN_FOR = timedelta(days=90)


def token_of(booking: Booking) -> str:
    """Knowing it is the permission to move or cancel this booking, and nothing else."""
    return tokens.sign(settings.SECRET_KEY, _OWN, booking.public_id)


def own_url(booking: Booking) -> str:
    """Where the visitor looks at her booking and changes it."""
    return f"{hosts.base_url()}/booked/{token_of(booking)}/"


def of_token(token: str) -> Booking | None:
    """Whose link this is; None for a link that we did not make."""
    public_id = tokens.read(settings.SECRET_KEY, _OWN, token)
    known = Booking.objects.select_related("meeting_type", "host", "lead")
    return known.filter(public_id=public_id).first() if public_id else None


def personal_url(slug: str, lead: Lead, *, at: datetime | None = None) -> str:
    """The page as one person gets it by mail: she is known there for 90 days and types no name."""
    ends = int(((at or clock.now()) + KNOWN_FOR).timestamp())
    token = tokens.sign(settings.SECRET_KEY, _KNOWN, f"{slug}/{lead.pk}/{ends}")
    return f"{hosts.base_url()}/b/{slug}/?for={token}"


def known_lead(meeting: MeetingType, token: str, *, at: datetime | None = None) -> Lead | None:
    """Who comes by a link of her own, while it lasts; None for any other text, meeting or time."""
    parts = (tokens.read(settings.SECRET_KEY, _KNOWN, token[:200]) or "").split("/")
    if len(parts) != 3 or parts[0] != meeting.slug or not all(p.isdigit() for p in parts[1:]):
        return None
    if (at or clock.now()).timestamp() > int(parts[2]):
        return None
    return Lead.objects.filter(pk=int(parts[1]), merged_into=None, deleted_at=None).first()

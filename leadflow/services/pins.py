"""Keeping entries of a story in sight."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Lead, Origin, Pin
from leadflow.people.models import User

MOST = 5  # at the top of one story
KINDS = frozenset(
    {
        Kind.NOTE_ADDED, Kind.ACTIVITY_LOGGED, Kind.ACTIVITY_COMPLETED, Kind.DELIVERY_SENT,
        Kind.MAIL_RECEIVED, Kind.REPLY_RECEIVED,
    }
)  # fmt: skip


def event_of(lead: Lead, event_id: int) -> Event | None:
    """A note, mail or talk of hers, or of somebody merged into her."""
    hers = Q(lead_id=lead.pk) | Q(lead_id__in=lead.merged.values("pk"))
    return Event.objects.filter(hers, pk=event_id, kind__in=KINDS).first()


@transaction.atomic
def pin(
    *,
    lead: Lead,
    event: Event,
    by: User,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> bool:
    """Keep it at the top; whether it was not there yet. Raises Conflict where five are kept."""
    at = at or clock.now()
    Lead.objects.select_for_update().get(pk=lead.pk)  # two at once keep no sixth
    if event.kind not in KINDS:
        raise Invalid(_("Only notes, mails and talks are kept at the top."))
    kept = list(Pin.objects.filter(lead=lead).values_list("event_id", flat=True))
    if event.pk in kept:
        return False
    if len(kept) >= MOST:
        raise Conflict(_("Five entries are kept at the top already. Unpin one first."))
    Pin.objects.create(lead=lead, event_id=event.pk, by=by, at=at)
    _record(lead, event, is_pinned=True, by=by, at=at, origin=origin)
    return True


@transaction.atomic
def unpin(*, lead: Lead, event: Event, by: User, at: datetime | None = None) -> bool:
    """Keep it at the top no more; whether it was there."""
    gone, _each = Pin.objects.filter(lead=lead, event_id=event.pk).delete()
    if gone:
        _record(lead, event, is_pinned=False, by=by, at=at or clock.now())
    return bool(gone)


def _record(
    lead: Lead,
    event: Event,
    *,
    is_pinned: bool,
    by: User,
    at: datetime,
    origin: str = Origin.LIVE,
) -> None:
    data = {"event": event.pk, "pinned": is_pinned}
    record(Kind.ENTRY_PINNED, lead_id=lead.pk, by=by, subject=lead, data=data, at=at, origin=origin)

"""Booking, moving and cancelling: the only verbs by which anybody takes time of a host.

Whoever books holds the rows of the hosts until the booking is written, so two visitors who want the
same time come one after the other; the exclusion constraint on the table stands behind that.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leadflow.calendars import letters, selectors
from leadflow.calendars.models import Booking, MeetingType
from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.kit.text import truncate
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from leadflow.services import activities, engagement, leads

MOST_AHEAD = 3  # of one kind by one person: nobody fills a diary


class Taken(Conflict):
    """Somebody was quicker, or the time is not offered any more."""


def _taken() -> Taken:
    return Taken(_("That time was just taken. Choose another one; everything else is kept."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Who comes, as she told us."""

    name: str = ""
    email: str = ""
    note: str = ""
    zone: str = ""


def hold(meeting: MeetingType) -> None:
    """Let nobody else book these hosts until the transaction ends."""
    ids = meeting.hosts.values("pk")
    list(User.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))


def book(
    *,
    meeting: MeetingType,
    lead: Lead,
    starts_at: datetime,
    guest: Guest,
    key: str,
    by: User | None = None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Booking:
    """Take a time of the host who is free and was booked least; the same `key` twice is one booking.

    Raises Taken where nobody is free then, Conflict where the person has booked too much already.
    """
    try:
        return _book(meeting, lead, starts_at, guest, key, by, at or clock.now(), origin)
    except IntegrityError:  # past our lock: another key for the same time, or the same key at once
        known = Booking.objects.filter(key=key).first()
        if known is None:
            raise _taken() from None
        return known


@transaction.atomic
def _book(
    meeting: MeetingType,
    lead: Lead,
    starts_at: datetime,
    guest: Guest,
    key: str,
    by: User | None,
    at: datetime,
    origin: str,
) -> Booking:
    hold(meeting)
    known = Booking.objects.filter(key=key).first()
    if known is not None:
        return known
    _refuse_many(meeting, lead, at)
    host = _host(meeting, starts_at, at=at, first=[lead.owner_id or 0])
    activity = activities.plan(
        kind=meeting.kind, subject=meeting.name, lead=lead, owner=host, due_at=starts_at,
        minutes=meeting.minutes, body=guest.note, by=by, at=at, origin=origin,
    )  # fmt: skip
    booking = Booking.objects.create(
        key=key, meeting_type=meeting, host=host, lead=lead, activity=activity,
        name=truncate(guest.name, 200), email=guest.email, note=guest.note, zone=guest.zone,
        origin=origin, created_at=at, changed_at=at, **_times(meeting, starts_at),
    )  # fmt: skip
    if lead.owner_id is None and User.objects.can_own().filter(pk=host.pk).exists():
        leads.assign(lead, owner=host, by=by, reason=meeting.name, at=at, origin=origin)
    _count(booking, at)
    letters.confirm(booking, at=at)
    _record(Kind.MEETING_BOOKED, booking, by=by, at=at)
    return booking


def move(
    *, booking: Booking, starts_at: datetime, by: User | None = None, at: datetime | None = None
) -> Booking:
    """Take another time, with the same host where she is free. Raises Taken, or Conflict when it is over."""
    try:
        return _move(booking, starts_at, by, at or clock.now())
    except IntegrityError:
        raise _taken() from None


@transaction.atomic
def _move(booking: Booking, starts_at: datetime, by: User | None, at: datetime) -> Booking:
    meeting = booking.meeting_type
    hold(meeting)
    row = _standing(booking, at)
    if row.starts_at == starts_at:
        return row
    host = _host(meeting, starts_at, at=at, first=[row.host_id], besides=row)
    letters.take_back(row)
    for name, value in _times(meeting, starts_at).items():
        setattr(row, name, value)
    row.host, row.changed_at, row.sequence = host, at, row.sequence + 1
    row.save()
    if row.activity is not None:
        activities.snooze(row.activity, due_at=starts_at, owner=host, by=by, at=at)
    letters.confirm(row, at=at)
    _record(Kind.MEETING_MOVED, row, by=by, at=at)
    return row


@transaction.atomic
def cancel(*, booking: Booking, by: User | None = None, at: datetime | None = None) -> Booking:
    """Give the time back and say so. Cancelling twice is fine; Conflict when it is over."""
    at = at or clock.now()
    if Booking.objects.filter(pk=booking.pk, state=Booking.State.CANCELLED).exists():
        return booking
    row = _standing(booking, at)
    letters.take_back(row)
    activity = row.activity
    row.state, row.changed_at, row.sequence = Booking.State.CANCELLED, at, row.sequence + 1
    row.save()
    letters.say_cancelled(row, at=at)
    _record(Kind.MEETING_CANCELLED, row, by=by, at=at)
    if activity is not None:
        activities.drop(activity)
    return row


def is_open(booking: Booking, *, at: datetime | None = None) -> bool:
    """Whether it can still be moved or cancelled."""
    return booking.state == Booking.State.BOOKED and booking.starts_at > (at or clock.now())


@transaction.atomic
def miss(*, booking: Booking, by: User | None, at: datetime | None = None) -> Booking:
    """She did not come. Raises Conflict before its time, or where it does not stand any more."""
    at = at or clock.now()
    row = (
        Booking.objects.select_for_update(of=("self",))
        .select_related("activity")
        .get(pk=booking.pk)
    )
    if row.state != Booking.State.BOOKED or row.starts_at > at:
        raise Conflict(_("Only a meeting whose time has come can have been missed."))
    row.state, row.changed_at = Booking.State.MISSED, at
    row.save()
    if row.activity is not None and row.activity.done_at is None:
        activities.complete(row.activity, by=by, outcome=Booking.State.MISSED.value, at=at)
    _record(Kind.MEETING_MISSED, row, by=by, at=at)
    return row


def _standing(booking: Booking, at: datetime) -> Booking:
    """The row, locked. Raises Conflict where nothing can be changed about it any more."""
    rows = Booking.objects.select_for_update(of=("self",))
    row = rows.select_related("activity", "host", "meeting_type", "lead").get(pk=booking.pk)
    if row.state != Booking.State.BOOKED:
        raise Conflict(_("This was cancelled already."))
    if row.starts_at <= at:
        raise Conflict(_("This has begun or is over; it cannot be changed any more."))
    return row


def _refuse_many(meeting: MeetingType, lead: Lead, at: datetime) -> None:
    mine = Booking.objects.standing().filter(meeting_type=meeting, lead=lead, starts_at__gt=at)
    if mine.count() >= MOST_AHEAD:
        told = _(
            "You have booked this %(n)s times already. Move or cancel one by the link in its mail."
        )
        raise Conflict(told % {"n": MOST_AHEAD})


def _host(
    meeting: MeetingType,
    starts_at: datetime,
    *,
    at: datetime,
    first: Collection[int] = (),
    besides: Booking | None = None,
) -> User:
    """Who meets her: one of `first` where free, else the one whom fewest booked."""
    window = selectors.around(starts_at)
    ids = selectors.free_slots(meeting, window, at=at, besides=besides).get(starts_at)
    if not ids:
        raise _taken()
    preferred = [pk for pk in ids if pk in first]
    chosen = preferred[0] if preferred else selectors.fairest(meeting, ids, at=at)
    host: User = User.objects.get(pk=chosen)
    return host


def _times(meeting: MeetingType, starts_at: datetime) -> dict[str, datetime]:
    blocked_from, blocked_until = selectors.terms_of(meeting).blocked(starts_at)
    return {
        "starts_at": starts_at,
        "ends_at": starts_at + meeting.length,
        "blocked_from": blocked_from,
        "blocked_until": blocked_until,
    }


def _count(booking: Booking, at: datetime) -> None:
    fact = engagement.Fact(
        booking.lead_id, "meeting.booked", "booking", str(booking.pk),
        label=booking.meeting_type.name, topic=f"meeting:{booking.meeting_type.slug}", at=at,
    )  # fmt: skip
    engagement.append([fact], origin=booking.origin)


def _record(kind: Kind, booking: Booking, *, by: User | None, at: datetime) -> None:
    record(
        kind,
        lead_id=booking.lead_id,
        by=by,
        subject=booking,
        data={
            "activity": booking.activity_id or 0,
            "kind": booking.meeting_type.kind,
            "title": booking.meeting_type.name,
            "due_at": booking.starts_at.isoformat(),
        },
        at=at,
        origin=booking.origin,
    )


def personal_rows(lead: Lead) -> list[dict[str, object]]:
    """What she booked, for her own file."""
    fields = ("meeting_type__name", "starts_at", "state", "name", "email", "note", "zone")
    return [dict(row) for row in Booking.objects.filter(lead=lead).values(*fields)]


def erase(people: list[Lead]) -> None:
    """The rows stay for the numbers and name nobody; time that was still to come is given back."""
    rows = Booking.objects.filter(lead__in=people)
    rows.standing().filter(starts_at__gt=clock.now()).update(state=Booking.State.CANCELLED)
    rows.update(name="", email="", note="", zone="")


def follow_merge(*, from_lead: int, to_lead: int) -> None:
    """What a merged lead booked is the survivor's."""
    Booking.objects.filter(lead_id=from_lead).update(lead_id=to_lead)

"""What a marketer does with events: plans, changes, cancels and copies them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from capture.models import Occasion, Registration
from capture.services import invitations, registrations
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Origin
from leadflow.people.models import User

State = Registration.State
# who has a place is written to when one of these changes
TOLD = ("title", "starts_at", "ends_at", "time_zone", "place", "join_url")
FIELDS = (
    *TOLD, "kind", "description", "host", "capacity", "has_waiting_list", "campaign", "topic", "points",
)  # fmt: skip


@transaction.atomic
def plan(
    *,
    values: Mapping[str, Any],
    by: User | None,
    origin: str = Origin.LIVE,
    at: datetime | None = None,
) -> Occasion:
    """Make an event (fields of `FIELDS`). Raises Invalid for one that ends before it starts."""
    occasion = Occasion(created_by=by, created_at=at or clock.now(), origin=origin)
    _put(occasion, values)
    occasion.save(force_insert=True)
    _record(Kind.OCCASION_PLANNED, occasion, by=by, at=at)
    return occasion


@transaction.atomic
def change(*, occasion: Occasion, values: Mapping[str, Any], by: User | None) -> Occasion:
    """Change an event. Whoever has a place is told of a new time, place or link, and her reminders
    move along; places that were added go to those who wait.

    Raises Conflict for one that was cancelled, Invalid for values that make no event.
    """
    locked = registrations.held(occasion.pk)
    if locked.cancelled_at is not None:
        raise Conflict(_("This event was cancelled. Copy it to plan another."))
    before = {name: getattr(locked, name) for name in TOLD}
    old = locked.sequence
    _put(locked, values)
    is_told = any(getattr(locked, name) != value for name, value in before.items())
    locked.sequence += is_told
    locked.save(update_fields=[*FIELDS, "sequence"])
    if is_told:
        invitations.stop_reminders(locked, sequence=old)
        _record(Kind.OCCASION_CHANGED, locked, by=by)
    registrations.move_up(locked, at=clock.now())
    return locked


@transaction.atomic
def cancel(*, occasion: Occasion, by: User | None, note: str = "") -> Occasion:
    """It does not take place; everybody with a place, or waiting for one, is told by mail.

    Raises Conflict for one that is over or cancelled already.
    """
    locked = registrations.held(occasion.pk)
    at = clock.now()
    if locked.state_at(at) in (Occasion.State.OVER, Occasion.State.CANCELLED):
        raise Conflict(_("This event is over or cancelled already."))
    locked.cancelled_at, locked.cancel_note = at, note.strip()[:500]
    old, locked.sequence = locked.sequence, locked.sequence + 1
    locked.save(update_fields=["cancelled_at", "cancel_note", "sequence"])
    invitations.stop_reminders(locked, sequence=old)
    _record(Kind.OCCASION_CANCELLED, locked, by=by)
    return locked


@transaction.atomic
def copy(*, occasion: Occasion, by: User | None) -> Occasion:
    """The same event once more, at the same time a week after; nobody is registered."""
    values = {name: getattr(occasion, name) for name in FIELDS}
    now = clock.now()
    starts, ends = occasion.starts_here, occasion.ends_here
    weeks = max(1, (now - occasion.starts_at).days // 7 + 1)
    values |= {
        "title": _("Copy of %(name)s") % {"name": occasion.title},
        "starts_at": _weeks_after(starts, weeks),
        "ends_at": _weeks_after(ends, weeks),
    }
    return plan(values=values, by=by)


def _weeks_after(wall: datetime, weeks: int) -> datetime:
    """The same time on the wall, however the clock is set by then."""
    return wall + timedelta(weeks=weeks)


def _put(occasion: Occasion, values: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in values:
            setattr(occasion, name, values[name])
    occasion.title = occasion.title.strip()[:160]
    if not occasion.title:
        raise Invalid(_("Give the event a title."), {"title": [_("Give the event a title.")]})
    if occasion.ends_at <= occasion.starts_at:
        sentence = _("It ends before it starts.")
        raise Invalid.at("ends_at", sentence)


def _record(kind: Kind, occasion: Occasion, *, by: User | None, at: datetime | None = None) -> None:
    data = {"occasion": occasion.pk, "name": occasion.title}
    record(kind, by=by, subject=occasion, data=data, at=at, origin=occasion.origin)

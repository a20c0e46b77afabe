"""Who came to an event and who did not: marked by hand, or read from the file of a webinar tool.

What is marked becomes a fact about the person, which scores, segments and sequences read. A mark that
was wrong is taken back together with its fact.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from capture.models import WITH_A_PLACE, Occasion, Registration
from capture.services import registrations
from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.models import Origin
from leadflow.people.models import User
from leadflow.services import engagement

State = Registration.State
KINDS = {State.ATTENDED: "event.attended", State.MISSED: "event.missed"}
_STAY = ("minutes", "joined_at", "left_at")
_CONTRARY = {State.ATTENDED: "event.missed", State.MISSED: "event.attended"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file says of one person at one event."""

    lead_id: int
    came: bool
    is_new: bool = False
    minutes: int | None = None
    joined_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of one line: `told` is created, updated or unchanged; the values before and after."""

    row: Registration
    told: str
    was: Mapping[str, Any]
    now: Mapping[str, Any]


def refuse_too_early(occasion: Occasion, at: datetime) -> None:
    """Raise Conflict for an event at which nobody can have been yet."""
    if occasion.cancelled_at is not None:
        raise Conflict(_("This event was cancelled: nobody was there."))
    if at < occasion.starts_at:
        raise Conflict(_("This event has not begun yet. Mark who came once it has."))


@transaction.atomic
def mark(*, occasion: Occasion, ids: Iterable[int], came: bool, by: User | None) -> int:
    """Say of these registrations that the people came, or did not; how many were changed.

    Raises Conflict before the event has begun. Who had no place can only have come.
    """
    del by  # the fact is about the person; who marked it stands in the audit of the request
    locked = registrations.held(occasion.pk)
    refuse_too_early(locked, clock.now())
    state = State.ATTENDED if came else State.MISSED
    rows = Registration.objects.filter(occasion=locked, pk__in=set(ids)).exclude(state=state)
    if not came:
        rows = rows.filter(state__in=WITH_A_PLACE)
    return _put(list(rows.order_by("lead_id")), state, locked, origin="")


@transaction.atomic
def close(*, occasion: Occasion, by: User | None) -> int:
    """Nobody else came: whoever has a place and was not marked missed the event."""
    rows = Registration.objects.filter(occasion=occasion, state=State.REGISTERED)
    ids = list(rows.values_list("pk", flat=True))
    return mark(occasion=occasion, ids=ids, came=False, by=by)


def _put(rows: Sequence[Registration], state: State, occasion: Occasion, *, origin: str) -> int:
    at = clock.now()
    wrong = [registrations.fact_of(row, _CONTRARY[state], occasion) for row in rows]
    engagement.take_back(wrong)
    for row in rows:
        row.state, row.changed_at = state, at
    Registration.objects.bulk_update(rows, ["state", "changed_at"])
    registrations.note(list(rows), KINDS[state], occasion, origin=origin)
    return len(rows)


@transaction.atomic
def take_in(
    *, occasion: Occasion, seen: Sequence[Seen], at: datetime, origin: str = Origin.IMPORT
) -> list[Marked]:
    """What a file says, in order: each person's registration and what became of it. Who came without having registered gets a registration. Several lines about one
    person are one stay: from the first time she joined to the last time she left, the longest counts.
    """
    locked = registrations.held(occasion.pk)
    refuse_too_early(locked, clock.now())
    rows = Registration.objects.filter(occasion=locked, lead__in={one.lead_id for one in seen})
    known = {row.lead_id: row for row in rows}
    found = []
    becomes: dict[int, State] = {}
    for one in seen:
        row = known.get(one.lead_id)
        is_new = row is None
        if row is None:
            row = known[one.lead_id] = _walk_in(locked, one, at, origin)
        here = becomes.get(row.pk, State(row.state))
        was = _values(row, here)
        becomes[row.pk] = _state_after(here, one)
        _stay(row, one)
        now = _values(row, becomes[row.pk])
        told = "created" if is_new else "unchanged" if was == now else "updated"
        found.append(Marked(row, told, was, now))
    Registration.objects.bulk_update(list(known.values()), list(_STAY))
    for state in KINDS:
        some = [row for row in known.values() if becomes[row.pk] == state != row.state]
        _put(some, state, locked, origin=origin)
    return found


def _values(row: Registration, state: State) -> dict[str, Any]:
    """What a line may change, as JSON; times in UTC, as the database gives them back."""
    times = {name: getattr(row, name) for name in ("joined_at", "left_at")}
    told = {name: at.astimezone(UTC).isoformat() if at else None for name, at in times.items()}
    return {"state": str(state), "minutes": row.minutes, **told}


def _walk_in(occasion: Occasion, one: Seen, at: datetime, origin: str) -> Registration:
    return Registration.objects.create(
        occasion=occasion, lead_id=one.lead_id, state=State.REGISTERED, asked_at=at, changed_at=at,
        made_lead=one.is_new, origin=origin,
    )  # fmt: skip


def _state_after(here: State, one: Seen) -> State:
    """Who was there once was there, whatever another line says; who had no place missed nothing."""
    if one.came or here == State.ATTENDED:
        return State.ATTENDED
    return State.MISSED if here in WITH_A_PLACE else here


def _stay(row: Registration, one: Seen) -> None:
    """Put the stay of one line to what is known."""
    row.minutes = max((n for n in (row.minutes, one.minutes) if n is not None), default=None)
    row.joined_at = min(filter(None, [row.joined_at, one.joined_at]), default=None)
    row.left_at = max(filter(None, [row.left_at, one.left_at]), default=None)


@transaction.atomic
def put_back(
    marks: Mapping[int, tuple[bool, Mapping[str, Any], Mapping[str, Any]]],
) -> dict[int, str]:
    """Take back what a file said: registration -> (whether the file made it, before, after).

    A registration that the file made goes; the person stays. Whoever was marked otherwise since keeps
    that; returns for whom that holds, with the reason.
    """
    ids = Registration.objects.filter(pk__in=marks).values_list("occasion", flat=True)
    occasions = {pk: registrations.held(pk) for pk in sorted(set(ids))}
    rows = Registration.objects.in_bulk(list(marks))
    stays = {pk: _("It is not here any more.") for pk in marks if pk not in rows}
    for pk, row in sorted(rows.items()):
        is_made, was, now = marks[pk]
        if _values(row, State(row.state)) != now:
            stays[pk] = _("It was changed since.")
        else:
            _put_one_back(row, occasions[row.occasion_id], None if is_made else was)
    return stays


def _put_one_back(row: Registration, occasion: Occasion, was: Mapping[str, Any] | None) -> None:
    if row.state in KINDS:
        fact = registrations.fact_of(row, KINDS[State(row.state)], occasion)
        engagement.take_back([fact])
    if was is None:
        row.delete()
        return
    for name in _STAY:
        field = Registration._meta.get_field(name)
        setattr(row, name, field.to_python(was[name]))  # type: ignore[union-attr]
    row.state, row.changed_at = State(was["state"]), clock.now()
    row.save(update_fields=["state", "changed_at", *_STAY])
    if row.state in KINDS:
        registrations.note([row], KINDS[State(row.state)], occasion)

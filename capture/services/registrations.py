"""Places at events: given first come, first served, under one lock; given back; passed on.

An answer is kept before anything here is asked, and asking twice gives one place. The door asks at
once, so that the visitor reads what she got; the reaction to `submission.received` asks again for
answers that became a lead later.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction

from capture.blocks.registering import occasion_id
from capture.models import Occasion, Registration, Submission
from capture.rules.places import Answer
from capture.selectors import occasions
from capture.services import invitations
from leadflow.kit import clock, tokens
from leadflow.models import Lead, Origin
from leadflow.services import engagement

log = logging.getLogger(__name__)
State = Registration.State
# who asks once more from here begins anew
_GONE = (State.CANCELLED, State.TURNED_AWAY)


def held(pk: int) -> Occasion:
    """The event, locked: whoever counts its places holds it until she has taken one."""
    return Occasion.objects.select_for_update(no_key=True).get(pk=pk)


# --- coming ---------------------------------------------------------------------------------------


def at_the_door(submission_id: int | None) -> str:
    """The place that an answer just got, as a state; nothing where it registers for nothing.

    What fails here is tried again by the reaction to the answer, which is kept already.
    """
    if submission_id is None:
        return ""
    try:
        row = register(submission_id)
    except DatabaseError:
        log.exception("the registration of answer %s waits for the relay", submission_id)
        return ""
    return row.state if row else ""


def register_many(submission_ids: Iterable[int]) -> None:
    """Register whoever of these is not registered yet."""
    ids = set(submission_ids)
    rows = Registration.objects.filter(submission__in=ids)
    for pk in sorted(ids - set(rows.values_list("submission_id", flat=True))):
        register(pk)


@transaction.atomic
def register(submission_id: int) -> Registration | None:
    """Give the person of an answer a place, a wait, or neither; None where it asks for none.

    The same person twice has one place. An answer that came too late, or is spam, gets nothing.
    """
    answer = Submission.objects.select_related("version", "lead").get(pk=submission_id)
    pk = occasion_id(answer.version.content)
    if pk is None or answer.lead is None or answer.state != Submission.State.PROCESSED:
        return None
    if not Occasion.objects.filter(pk=pk).exists():
        return None
    occasion = held(pk)
    known = Registration.objects.filter(occasion=occasion, lead=answer.lead).first()
    if known is not None and not _asks_again(known, answer):
        return known
    at = clock.now()
    if not _takes(occasion, answer, at):
        return known
    hall = occasions.hall_of(occasion)
    return _enter(occasion, answer, known, State(hall.answer()), at)


def _asks_again(known: Registration, answer: Submission) -> bool:
    """Whether an answer came after she had given her place back, or found it full."""
    return known.state in _GONE and answer.received_at > known.changed_at


def _takes(occasion: Occasion, answer: Submission, at: datetime) -> bool:
    return (
        occasion.cancelled_at is None
        and answer.received_at < occasion.starts_at
        and at < occasion.ends_at
    )


def _enter(
    occasion: Occasion,
    answer: Submission,
    known: Registration | None,
    state: str,
    at: datetime,
) -> Registration:
    row = known or Registration(
        occasion=occasion, lead=answer.lead, made_lead=answer.lead_created, origin=answer.origin
    )
    if known is not None:
        row.round += known.state == State.CANCELLED or known.submission_id != answer.pk
    row.submission, row.state = answer, state
    row.asked_at = row.changed_at = answer.received_at
    row.save()
    if state == State.REGISTERED:
        note([row], "event.registered", occasion, at=answer.received_at)
    if state != Answer.FULL:
        invitations.welcome(row, occasion, at=at)
    return row


# --- going ----------------------------------------------------------------------------------------


def of_token(token: str) -> Registration | None:
    """What a link stands for; None for a link that we did not make."""
    public_id = tokens.read(settings.SECRET_KEY, invitations.PURPOSE, token)
    if not public_id:
        return None
    known = Registration.objects.select_related("occasion", "lead")
    return known.filter(public_id=public_id).first()


def may_give_back(row: Registration, at: datetime | None = None) -> bool:
    """Whether there is a place, or a wait, to be given back."""
    is_open = row.state in (State.REGISTERED, State.WAITING)
    return is_open and row.occasion.state_at(at or clock.now()) == Occasion.State.PLANNED


@transaction.atomic
def give_back(row: Registration) -> bool:
    """She does not come: her place goes to who waits longest. False where there was none to give."""
    occasion = held(row.occasion_id)
    locked = Registration.objects.select_for_update(no_key=True).get(pk=row.pk)
    locked.occasion = occasion
    if not may_give_back(locked):
        return False
    at = clock.now()
    _leave(locked, at)
    note([locked], "event.cancelled", occasion, at=at)
    move_up(occasion, at=at)
    return True


def _leave(row: Registration, at: datetime) -> None:
    invitations.stop(row, row.occasion)
    row.state, row.changed_at = State.CANCELLED, at
    row.save(update_fields=["state", "changed_at"])


def move_up(occasion: Occasion, *, at: datetime) -> list[Registration]:
    """Give free places to those who wait longest, each told by mail. The caller holds the event."""
    if occasion.state_at(at) != Occasion.State.PLANNED:
        return []
    many = occasions.hall_of(occasion).moving_up
    waiting = Registration.objects.filter(occasion=occasion).in_line()
    rows = list(waiting.select_related("lead")[:many]) if many else []
    for row in rows:
        row.state, row.changed_at = State.REGISTERED, at
        invitations.moved_up(row, occasion, at=at)
    Registration.objects.bulk_update(rows, ["state", "changed_at"])
    note(rows, "event.registered", occasion, at=at)
    return rows


# --- what it says of a person ---------------------------------------------------------------------


def note(
    rows: list[Registration],
    kind: str,
    occasion: Occasion,
    *,
    at: datetime | None = None,
    origin: str = "",
) -> None:
    """Append the fact for each of these people; by `origin`, or by the one that each came with."""
    by_origin: dict[str, list[engagement.Fact]] = defaultdict(list)
    for row in rows:
        told = row.origin if row.origin == Origin.DEMO or not origin else origin
        by_origin[told].append(fact_of(row, kind, occasion, at))
    for told, facts in sorted(by_origin.items()):
        engagement.append(facts, origin=told)


def fact_of(
    row: Registration, kind: str, occasion: Occasion, at: datetime | None = None
) -> engagement.Fact:
    """What a registration, a visit or an absence tells; the points count for who came."""
    came = kind == "event.attended"
    return engagement.Fact(
        row.lead_id,
        kind,
        "registration",
        f"{row.pk}:{row.round}",
        label=occasion.title,
        topic=occasion.topic,
        value=occasion.worth if came else None,
        at=at or occasion.starts_at,
    )


# --- the person herself ---------------------------------------------------------------------------


def personal_rows(lead: Lead) -> list[dict[str, Any]]:
    """At which events a person was, for her own file."""
    rows = Registration.objects.filter(lead=lead).select_related("occasion")
    return [
        {
            "event": row.occasion.title,
            "starts_at": row.occasion.starts_at,
            "state": row.state,
            "asked_at": row.asked_at,
            "joined_at": row.joined_at,
            "left_at": row.left_at,
            "minutes": row.minutes,
        }
        for row in rows
    ]


@transaction.atomic
def erase(people: list[Lead]) -> None:
    """End her places to come and forget when she was there; the counts of the events stay."""
    rows = Registration.objects.filter(lead__in=people)
    for row in rows.filter(state__in=[State.REGISTERED, State.WAITING]).select_related("occasion"):
        occasion = held(row.occasion_id)
        row.occasion = occasion
        if may_give_back(row):
            _leave(row, clock.now())
            move_up(occasion, at=clock.now())
    rows.update(joined_at=None, left_at=None, minutes=None)


# of two registrations of one person the one further up stays
_STRONGEST = (
    State.ATTENDED, State.REGISTERED, State.WAITING, State.MISSED, State.TURNED_AWAY, State.CANCELLED,
)  # fmt: skip


@transaction.atomic
def move(*, from_lead: int, to_lead: int) -> None:
    """Let the places of a merged lead follow her; where both had one at an event, one is given back."""
    theirs = {row.occasion_id: row for row in Registration.objects.filter(lead=to_lead)}
    for row in Registration.objects.filter(lead=from_lead).order_by("occasion_id"):
        other = theirs.get(row.occasion_id)
        if other is None:
            Registration.objects.filter(pk=row.pk).update(lead_id=to_lead)
            continue
        occasion = held(row.occasion_id)
        weaker = max(row, other, key=lambda one: _STRONGEST.index(State(one.state)))
        invitations.stop(weaker, occasion)
        weaker.delete()
        Registration.objects.filter(pk=row.pk).update(lead_id=to_lead)
        move_up(occasion, at=clock.now())

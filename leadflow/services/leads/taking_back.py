"""Taking back what one act did to many leads: for a minute, and by whoever did it.

What each lead had before stands in history under the moment of the act, so that a token of any size of
act is short. A lead that somebody changed since keeps what she has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as lazy

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.history import changes
from leadflow.kit import clock, emails
from leadflow.models import Lead, LeadIdentity, LeadTag, Origin
from leadflow.people.models import User
from leadflow.services import notes
from leadflow.services.leads.editing import restore_many
from leadflow.services.leads.ownership import assign_many, unassign_many
from leadflow.services.leads.unmaking import put_back_many
from leadflow.services.undoing import Memory

_MEMORY = Memory(
    "leads.many",
    over=lazy("It is too late to undo this. Change these leads by hand."),
    nothing=lazy("There is nothing to undo."),
)


@dataclass(frozen=True)
class TakenBack:
    """How many leads are as they were, and how many were changed since and stay."""

    back: int
    stay: int


def memory_of_act(what: str, *, at: datetime, by: User, name: str = "") -> str:
    """A token for `take_back`: what was done at that moment ("owner", "trash", "tag" or a field)."""
    return _MEMORY.keep([[what, at.isoformat(), name]], by)


@transaction.atomic
def take_back(token: str, *, by: User, at: datetime | None = None) -> TakenBack:
    """Give the leads of one act back what they had.

    Raises Conflict when it is too late, Invalid for what is not hers to undo, or an owner who left.
    """
    [[what, moment, name]] = _MEMORY.read(token, by)
    done_at, now = datetime.fromisoformat(moment), at or clock.now()
    if what == "tag":
        return _untag(name, done_at, by)
    if what == "trash":
        return _restore(done_at, by, now)
    if what == "owner":
        return owners_back(done_at=done_at, by=by, at=now)
    return _values_back(what, changes.made_at(Lead, what, at=done_at, by=by), by, now)


Was = Mapping[int, tuple[Any, Any]]  # lead -> (what she had, what the act gave her)


def owners_back(*, done_at: datetime, by: User, at: datetime) -> TakenBack:
    """Give the leads that one act gave away at that moment back to who had each; in the caller's transaction."""
    was = changes.made_at(Lead, "owner", at=done_at, by=by)
    rows = Lead.objects.living().filter(pk__in=was).values_list("pk", "owner_id")
    same = [pk for pk, owner in rows if owner == was[pk][1]]
    users = User.objects.in_bulk({was[pk][0] for pk in same if was[pk][0]})
    assign_many(
        owners={pk: users[was[pk][0]] for pk in same if was[pk][0] in users},
        by=by, reason="undo", at=at,
    )  # fmt: skip
    unassign_many(lead_ids=[pk for pk in same if not was[pk][0]], by=by, reason="undo", at=at)
    return TakenBack(len(same), len(was) - len(same))


def _values_back(field: str, was: Was, by: User, at: datetime) -> TakenBack:
    edits = {pk: ({field: old}, {field: new}, _added(field, new)) for pk, (old, new) in was.items()}
    stay = put_back_many(edits, by=by, at=at, cause="undo", origin=Origin.LIVE)
    return TakenBack(len(was) - len(stay), len(stay))


def _added(field: str, new: object) -> list[tuple[str, str]]:
    """The identity that came with a new address."""
    return [(LeadIdentity.Kind.EMAIL, emails.normalise(str(new)))] if field == "email" else []


def _untag(name: str, done_at: datetime, by: User) -> TakenBack:
    rows = LeadTag.objects.filter(tag__name=name, at=done_at, by=by)
    gone = notes.take_off({pk: [name] for pk in rows.values_list("lead_id", flat=True)})
    return TakenBack(len(gone), 0)


def _restore(done_at: datetime, by: User, at: datetime) -> TakenBack:
    told = Event.objects.filter(kind=Kind.LEAD_TRASHED, occurred_at=done_at, actor_id=by.pk)
    ids = [pk for pk in told.values_list("lead_id", flat=True) if pk]
    back = restore_many(lead_ids=ids, by=by, at=at)
    return TakenBack(len(back), len(ids) - len(back))

"""Giving customers to an owner, companies and the people who bought themselves, and taking that back."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as lazy

from leadflow.kit import clock
from leadflow.people.models import User
from leadflow.services import companies, leads
from leadflow.services.undoing import Memory

_MEMORY = Memory(
    "customers.given",
    over=lazy("It is too late to undo this. Give these customers back by hand."),
    nothing=lazy("There is nothing to undo."),
)


@transaction.atomic
def give_many(
    *, firms: Collection[int], people: Collection[int], owner: User, by: User, at: datetime
) -> int:
    """Give these companies and leads to one owner; how many changed hands. Raises Invalid where that
    person may own none."""
    moved = leads.assign_many(owners=dict.fromkeys(people, owner), by=by, reason="hand", at=at)
    return len(moved) + companies.set_owner_many(ids=firms, owner=owner, by=by, at=at)


def memory_of(by: User, at: datetime) -> str:
    """A token for `take_back`: what this person gave away at that moment."""
    return _MEMORY.keep([at.isoformat()], by)


@transaction.atomic
def take_back(token: str, *, by: User, at: datetime | None = None) -> leads.TakenBack:
    """Give the customers of one act back to who had each. One that somebody else was given since stays.

    Raises Conflict when it is too late, Invalid for what is not theirs to undo, or an owner who left.
    """
    [moment] = _MEMORY.read(token, by)
    done_at, now = datetime.fromisoformat(moment), at or clock.now()
    people = leads.owners_back(done_at=done_at, by=by, at=now)
    back, stay = companies.give_back_many(done_at=done_at, by=by, at=now)
    return leads.TakenBack(people.back + back, people.stay + stay)

"""Taking back that many deals were given to somebody or put in the trash: for a minute, by who did it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as lazy

from leadflow.history import changes
from leadflow.kit import clock
from leadflow.people.models import User
from leadflow.services.undoing import Memory
from pipeline.models import Deal
from pipeline.services.deals.editing import assign_many, restore_many

_MEMORY = Memory(
    "deals.many",
    over=lazy("It is too late to undo this. Change these deals by hand."),
    nothing=lazy("There is nothing to undo."),
)


def memory_of_act(field: str, *, at: datetime, by: User) -> str:
    """A token for `undo_act`: which field the act of that moment changed, `owner` or `deleted_at`."""
    return _MEMORY.keep([[field, at.isoformat()]], by)


@transaction.atomic
def undo_act(token: str, *, by: User, at: datetime | None = None) -> list[Deal]:
    """Give the deals of one act back what they had; one that was changed since keeps what it has.

    Raises Conflict when it is too late, Invalid for what is not hers to undo.
    """
    [[field, moment]] = _MEMORY.read(token, by)
    done_at, now = datetime.fromisoformat(moment), at or clock.now()
    was = changes.made_at(Deal, field, at=done_at, by=by)
    if field == "deleted_at":
        return restore_many(deal_ids=was, by=by, at=now)
    rows = Deal.objects.filter(pk__in=was).values_list("pk", "owner_id")
    same = [pk for pk, owner in rows if owner == was[pk][1]]
    users = User.objects.in_bulk({was[pk][0] for pk in same if was[pk][0]})
    back = []
    for owner in sorted({was[pk][0] for pk in same}, key=lambda pk: pk or 0):
        theirs = [pk for pk in same if was[pk][0] == owner]
        back += assign_many(deal_ids=theirs, owner=users.get(owner or 0), by=by, at=now)
    return back

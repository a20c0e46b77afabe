"""What wants an answer from the owner of a lead: made from facts, settled by a touch."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Greatest

from leadflow.events.models import Event
from leadflow.models import Lead, Nudge, Snooze
from leadflow.people.models import User

WARM = 2  # engagement bands 1 and 2: somebody who is worth a call now (product definition F3)


def heats_up(event: Event) -> bool:
    """Whether a change of the cell took the lead up into a warm band, by what she did herself."""
    was, now = str(event.data.get("from") or ""), str(event.data.get("to") or "")
    if event.data.get("by_publishing") or not (was[1:].isdecimal() and now[1:].isdecimal()):
        return False
    return int(now[1:]) < int(was[1:]) and int(now[1:]) <= WARM


@transaction.atomic(savepoint=False)
def nudge_many(facts: Sequence[tuple[Event, str, str]]) -> int:
    """Open a nudge per (fact, kind, words) for leads that somebody owns; returns how many are new.

    One that is open already takes the newer words and time, so that a lead who writes three times is one row.
    """
    owned = set(
        Lead.objects.living()
        .active()
        .filter(pk__in=[event.lead_id for event, _kind, _words in facts])
        .exclude(owner=None)
        .values_list("pk", flat=True)
    )
    newest = {
        (event.lead_id, kind): Nudge(
            lead_id=event.lead_id, kind=kind, event_id=event.pk, words=words[:200],
            at=event.occurred_at, origin=event.origin,
        )
        for event, kind, words in facts
        if event.lead_id in owned
    }  # fmt: skip
    known = Nudge.objects.select_for_update().filter(lead__in=owned, settled_at=None)
    for row in known.order_by("pk"):
        fresh = newest.pop((row.lead_id, row.kind), None)
        if fresh and fresh.at > row.at:
            row.words, row.at = fresh.words, fresh.at
            row.save(update_fields=["words", "at"])
    Nudge.objects.bulk_create(newest.values(), ignore_conflicts=True)
    return len(newest)


def settle(touched: Mapping[int, datetime]) -> int:
    """Close what was open of leads (id -> when somebody reached out); returns how many were closed."""
    rows = list(Nudge.objects.filter(lead__in=touched, settled_at=None))
    for row in rows:
        if touched[row.lead_id] >= row.at:
            row.settled_at = touched[row.lead_id]
    closed = [row for row in rows if row.settled_at]
    Nudge.objects.bulk_update(closed, ["settled_at"])
    return len(closed)


def settle_by_hand(nudge: Nudge, *, at: datetime) -> None:
    """Somebody says that there is nothing to do about it."""
    Nudge.objects.filter(pk=nudge.pk, settled_at=None).update(settled_at=Greatest("at", at))


def put_off(*, user: User, key: str, until: datetime) -> None:
    """Keep a row out of somebody's queue until then."""
    Snooze.objects.update_or_create(user=user, key=key, defaults={"until": until})


def put_off_until(user: User, at: datetime) -> Mapping[str, datetime]:
    """The rows that somebody does not want to see yet, and until when."""
    return dict(Snooze.objects.filter(user=user, until__gt=at).values_list("key", "until"))

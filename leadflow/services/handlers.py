"""What the core does when everybody else has reacted."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.events.registry import history_safe, once_a_batch
from leadflow.models import Company, Engagement, Merge, Nudge
from leadflow.services import company_trash, customers, lookups, nudges, unmerging

_READ_FROM = {"email", "phone"}


@history_safe
@once_a_batch
def settle_merges(events: Sequence[Event]) -> None:
    """All have followed these merges: write down what came of them, so that they can be taken apart."""
    ids = [event.data.get("merge") for event in events if event.data.get("merge")]
    for merge in Merge.objects.filter(pk__in=ids, after__isnull=True).order_by("pk"):
        unmerging.settle(merge)


def bring_companies_back(events: Sequence[Event]) -> None:
    """Somebody stands at a company now that went to the trash in the same moment, or before they were
    linked: it comes back, since nobody may stand at one out of sight."""
    linked: dict[str, set[int]] = {}
    for event in events:
        is_linked = event.data.get("created") or "company" in event.data.get("fields", ())
        if event.lead_id and is_linked:
            linked.setdefault(event.origin, set()).add(event.lead_id)
    at = max(event.occurred_at for event in events)
    for origin, ids in sorted(linked.items()):
        thrown = Company.objects.filter(leads__in=ids).exclude(deleted_at=None).distinct()
        company_trash.bring_back(thrown, reason=company_trash.ARRIVED, origin=origin, at=at)


@history_safe
def make_customers(events: Sequence[Event]) -> None:
    """What the organisation wants of people happened: they are customers."""
    customers.start_by_facts(events)


@history_safe
def look_up(events: Sequence[Event]) -> None:
    """Somebody arrived, or her address or phone is another: fill what can be read from what is known."""
    found: dict[str, dict[int, datetime]] = {}
    for event in events:
        is_new = event.kind == Kind.LEAD_CAPTURED
        if event.lead_id and (is_new or _READ_FROM & set(event.data.get("fields", ()))):
            found.setdefault(event.origin, {})[event.lead_id] = event.occurred_at
    for origin, ids in sorted(found.items()):
        # not before what they did last: a score must not be told as of a day before its facts
        done = Engagement.objects.filter(lead__in=ids).aggregate(at=Max("occurred_at"))["at"]
        at = max([*ids.values(), *([done] if done else [])])
        lookups.look_up(lead_ids=ids, by=None, at=at, origin=origin)


def nudge_owners(events: Sequence[Event]) -> None:
    """A lead wrote back, or warmed up by what she did: her owner should reach out."""
    facts = [
        (e, Nudge.Kind.REPLIED, str(e.data.get("words") or e.data.get("title", "")))
        for e in events
        if e.kind == Kind.REPLY_RECEIVED
    ]
    facts += [
        (e, Nudge.Kind.HEATED_UP, f"{e.data['from']} → {e.data['to']}")
        for e in events
        if e.kind == Kind.SCORE_CHANGED and nudges.heats_up(e)
    ]
    if facts:
        nudges.nudge_many(facts)


def settle_nudges(events: Sequence[Event]) -> None:
    """Somebody reached out: what wanted an answer has it."""
    touched: dict[int, datetime] = {}
    for event in events:
        if event.lead_id and event.data.get("touch"):
            touched[event.lead_id] = max(
                event.occurred_at, touched.get(event.lead_id, event.occurred_at)
            )
    if touched:
        nudges.settle(touched)

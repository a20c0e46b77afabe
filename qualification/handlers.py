"""What qualification does when others report facts: it computes, so imported facts may reach it."""

from collections.abc import Sequence

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.events.registry import history_safe, once_a_batch
from leadflow.kit import clock
from leadflow.models import Lead, LeadCycle, Origin
from qualification.models import BantAnswer
from qualification.services import buying, models, scoring


@history_safe
@once_a_batch
def rescore(events: Sequence[Event]) -> None:
    """Something about these leads changed: score them anew."""
    models.begin()
    ids = {event.lead_id for event in events if event.lead_id}
    origin = events[0].origin
    # an imported fact is old news: what counts is what it is worth today
    at = clock.now() if origin == Origin.IMPORT else max(e.occurred_at for e in events)
    when = {} if origin == Origin.IMPORT else {e.lead_id: e.occurred_at for e in events}
    scoring.rescore(ids, at=at, origin=origin, when=when)


@history_safe
@once_a_batch
def advance_buyers(events: Sequence[Event]) -> None:
    """Something about these leads or companies changed: the buyer's stage goes forward by rule."""
    ids = {event.lead_id for event in events if event.lead_id}
    companies = {event.subject_id for event in events if event.kind == Kind.COMPANY_CHANGED}
    if companies:
        ids |= set(Lead.objects.filter(company__in=companies).values_list("pk", flat=True))
    origin = events[0].origin
    at = clock.now() if origin == Origin.IMPORT else max(e.occurred_at for e in events)
    themselves = {e.lead_id for e in events if not e.data.get("by_publishing")}
    moved = {e.lead_id for e in events if e.lead_id and e.data.get("by_publishing")}
    quiet = moved - themselves
    buying.settle(ids - quiet, at=at, origin=origin)
    buying.settle(quiet, at=at, origin=origin, by_publishing=True)


@history_safe
def rescore_company(events: Sequence[Event]) -> None:
    """Something about these companies changed: score the people who work there anew."""
    companies = {event.subject_id for event in events if event.subject_id}
    ids = Lead.objects.living().filter(company__in=companies).values_list("pk", flat=True)
    origin = events[0].origin
    at = clock.now() if origin == Origin.IMPORT else max(e.occurred_at for e in events)
    scoring.rescore(ids, at=at, origin=origin)


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """What was learnt about the merged row is the survivor's, where that has no answer yet."""
    for event in events:
        if not event.lead_id:
            continue
        survivor = Lead.objects.get(pk=event.lead_id)
        cycle = LeadCycle.objects.filter(lead=survivor).latest("number")
        known = BantAnswer.objects.filter(cycle=cycle).values("letter")
        moved = BantAnswer.objects.filter(lead=event.data["merged"]).exclude(letter__in=known)
        for answer in moved.order_by("letter", "-at").distinct("letter"):
            BantAnswer.objects.filter(pk=answer.pk).update(lead=survivor, cycle=cycle)
    rescore(events)

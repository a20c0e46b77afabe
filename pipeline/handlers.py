"""What the pipeline does when something happens elsewhere."""

from collections.abc import Sequence

from leadflow.events.models import Event
from leadflow.events.registry import history_safe
from leadflow.models import Activity, Lead, Note
from pipeline.models import Conversion
from pipeline.services import deals, steps


@history_safe
def follow_merge(events: Sequence[Event]) -> None:
    """Deals and conversions of a merged person belong to the surviving one."""
    for event in events:
        if event.lead_id is None:
            continue
        gone = list(Lead.objects.filter(merged_into=event.lead_id).values_list("pk", flat=True))
        keep = Lead.objects.get(pk=event.lead_id)
        deals.follow_person(gone=gone, keep=keep, at=event.occurred_at)
        Conversion.objects.filter(lead__in=gone).update(lead=keep)


@history_safe
def follow_work(events: Sequence[Event]) -> None:
    """Work on a deal or its person was planned or done: its card shows the next step and the rest."""
    kinds = {"leadflow.activity": Activity, "leadflow.note": Note}
    refs: set[str] = set()
    leads: set[int] = set()
    for label, model in kinds.items():
        ids = [event.subject_id for event in events if event.subject_type == label]
        rows = model._default_manager.filter(pk__in=ids).values_list("subject_ref", "lead_id")
        for ref, lead_id in rows:
            refs.add(ref)
            leads |= {lead_id} if lead_id else set()
    steps.refresh(steps.deals_of(refs, leads))

"""What the numbers do when facts come in: they look again at whom the facts are about."""

from collections.abc import Sequence

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.events.registry import history_safe
from leadflow.insights import rollups
from leadflow.models import Lead
from pipeline import selectors as pipeline

_MERGES = {Kind.LEAD_MERGED, Kind.LEAD_UNMERGED}
# Frequent kinds that change nothing that is counted. What is missing here costs a look and no more.
_NOTHING_NEW = {
    Kind.ENGAGEMENT_RECORDED, Kind.DELIVERY_SENT, Kind.DELIVERY_FAILED, Kind.REPLY_RECEIVED,
    Kind.CONSENT_GIVEN, Kind.CONSENT_WITHDRAWN, Kind.ADDRESS_SUPPRESSED, Kind.SCORE_CHANGED,
    Kind.SEGMENT_ENTERED, Kind.SEGMENT_LEFT, Kind.ENROLMENT_STARTED, Kind.ENROLMENT_FINISHED,
    Kind.ENROLMENT_STOPPED, Kind.SUBMISSION_RECEIVED, Kind.NOTE_ADDED, Kind.LEAD_TAGGED,
}  # fmt: skip


@history_safe
def roll_up(events: Sequence[Event]) -> None:
    """Count the leads and deals of these facts anew, whatever happened to them."""
    if events[0].kind in _NOTHING_NEW:
        return
    leads = {event.lead_id for event in events if event.lead_id}
    if events[0].kind in _MERGES:
        # erasing empties what a fact said that nobody has looked at yet; those who were merged are rows
        leads |= {event.data["merged"] for event in events if "merged" in event.data}
        leads |= set(Lead.objects.filter(merged_into__in=leads).values_list("pk", flat=True))
    deals = {
        event.subject_id
        for event in events
        if event.subject_id and event.subject_type == "pipeline.deal"
    }
    if leads or deals:
        rollups.take_in(leads=leads, deals=deals | pipeline.deals_of_people(leads))

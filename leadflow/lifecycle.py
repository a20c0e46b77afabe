"""Who reacts to what: the business flow on one screen.

Kind of event -> handlers, called in this order, each in its own savepoint; `*` is every kind. A
handler takes a batch, writes to the database only, and never depends on what another handler of the
same event did: it reacts to that handler's own event.
"""

from capture import handlers as capture
from distribution import handlers as distribution
from leadflow.events.kinds import Kind
from leadflow.events.registry import Handler
from leadflow.handover import handlers as handover
from pipeline import handlers as pipeline
from qualification import handlers as qualification

REACTIONS: dict[str, list[Handler]] = {
    Kind.LEAD_MERGED: [
        capture.follow_merged_leads,
        distribution.follow_merged_leads,
        handover.follow_merged_leads,
        pipeline.follow_merge,
        qualification.follow_merged_leads,
    ],
    Kind.LEAD_CAPTURED: [qualification.rescore],
    Kind.LEAD_CHANGED: [qualification.rescore],
    Kind.LEAD_TAGGED: [qualification.rescore],
    Kind.ENGAGEMENT_RECORDED: [qualification.rescore],
    Kind.CONSENT_GIVEN: [qualification.rescore],
    Kind.CONSENT_WITHDRAWN: [qualification.rescore],
    Kind.LEAD_QUALIFIED: [handover.open],
    Kind.HANDOVER_OFFERED: [distribution.assign],
    Kind.HANDOVER_EXPIRED: [distribution.pass_on],
    Kind.LEAD_ASSIGNED: [distribution.start_clock, handover.accept_by_policy],
    Kind.ACTIVITY_PLANNED: [pipeline.follow_work],
    Kind.ACTIVITY_LOGGED: [distribution.stop_clock, pipeline.follow_work],
    Kind.ACTIVITY_COMPLETED: [distribution.stop_clock, pipeline.follow_work],
    Kind.NOTE_ADDED: [pipeline.follow_work],
}

"""Who reacts to what: the business flow on one screen.

Kind of event -> handlers, called in this order, each in its own savepoint; `*` is every kind. A
handler takes a batch, writes to the database only, and never depends on what another handler of the
same event did: it reacts to that handler's own event. Handlers that look at the outcome only
(`@once_a_batch`) come after all others of a batch of the relay.
"""

from capture import handlers as capture
from distribution import handlers as distribution
from leadflow.events.kinds import Kind
from leadflow.events.registry import ALL, Handler
from leadflow.handover import handlers as handover
from leadflow.insights import handlers as insights
from leadflow.notifications import handlers as notifications
from leadflow.segments import handlers as segments
from nurturing import handlers as nurturing
from pipeline import handlers as pipeline
from qualification import handlers as qualification

REACTIONS: dict[str, list[Handler]] = {
    Kind.LEAD_MERGED: [
        capture.follow_merged_leads,
        distribution.follow_merged_leads,
        handover.follow_merged_leads,
        pipeline.follow_merge,
        qualification.follow_merged_leads,
        segments.follow_merged_leads,
        nurturing.follow_merged_leads,
    ],
    Kind.LEAD_CAPTURED: [
        qualification.rescore,
        segments.refresh,
        nurturing.enrol_captured,
        nurturing.watch_goals,
    ],
    Kind.SUBMISSION_RECEIVED: [
        capture.place_in_funnel,
        capture.fill_company,
        capture.tell_people,
    ],
    Kind.LEAD_CHANGED: [qualification.rescore, segments.refresh, nurturing.watch_goals],
    Kind.LEAD_TAGGED: [qualification.rescore, segments.refresh, nurturing.watch_goals],
    Kind.ENGAGEMENT_RECORDED: [qualification.rescore, segments.refresh, nurturing.watch_goals],
    Kind.CONSENT_GIVEN: [qualification.rescore, segments.refresh],
    Kind.CONSENT_WITHDRAWN: [qualification.rescore, nurturing.stop, segments.refresh],
    Kind.LEAD_QUALIFIED: [handover.open, segments.refresh, nurturing.watch_goals],
    Kind.HANDOVER_OFFERED: [distribution.assign],
    Kind.HANDOVER_EXPIRED: [distribution.pass_on],
    Kind.LEAD_ASSIGNED: [
        distribution.start_clock,
        handover.accept_by_policy,
        segments.refresh,
        notifications.tell_owner,
    ],
    Kind.ACTIVITY_PLANNED: [pipeline.follow_work],
    Kind.ACTIVITY_LOGGED: [distribution.stop_clock, pipeline.follow_work],
    Kind.ACTIVITY_COMPLETED: [distribution.stop_clock, pipeline.follow_work],
    Kind.NOTE_ADDED: [pipeline.follow_work],
    Kind.ADDRESS_SUPPRESSED: [nurturing.stop],
    Kind.LEAD_COOLED: [nurturing.enrol_unready, segments.refresh],
    Kind.SCORE_CHANGED: [segments.refresh, nurturing.watch_goals],
    Kind.BANT_CHANGED: [segments.refresh, nurturing.watch_goals],
    Kind.LEAD_ADVANCED: [segments.refresh, nurturing.watch_goals],
    Kind.LEAD_DISQUALIFIED: [nurturing.stop, segments.refresh],
    Kind.LEAD_RECYCLED: [nurturing.recycle, segments.refresh],
    Kind.LEAD_TRASHED: [nurturing.stop, segments.refresh],
    Kind.LEAD_RESTORED: [segments.refresh],
    Kind.LEAD_CONVERTED: [nurturing.stop_for_deal],
    Kind.DEAL_OPENED: [nurturing.stop_for_deal],
    Kind.CUSTOMER_WON: [nurturing.stop_for_customer, segments.refresh],
    Kind.CUSTOMER_REVERTED: [segments.refresh],
    Kind.HANDOVER_ACCEPTED: [nurturing.stop_for_owner],
    Kind.REPLY_RECEIVED: [nurturing.on_reply],
    Kind.MEETING_BOOKED: [nurturing.watch_goals],
    Kind.DELIVERY_FAILED: [nurturing.stop_for_failure],
    Kind.COMPANY_CHANGED: [qualification.rescore_company, segments.refresh_company],
    Kind.SEGMENT_ENTERED: [nurturing.enrol_segment, segments.refresh, nurturing.watch_goals],
    Kind.SEGMENT_LEFT: [nurturing.leave_segment, segments.refresh],
    ALL: [insights.roll_up],
}

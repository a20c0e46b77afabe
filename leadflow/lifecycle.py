"""Who reacts to what: the business flow on one screen.

Kind of event -> handlers, called in this order, each failing alone; `*` is every kind. A
handler takes a batch, writes to the database only, and never depends on what another handler of the
same event did: it reacts to that handler's own event. Handlers that look at the outcome only
(`@once_a_batch`) come after all others of a batch of the relay.
"""

from capture import handlers as capture
from distribution import handlers as distribution
from leadflow.calendars import handlers as calendars
from leadflow.calling import handlers as calling
from leadflow.events.kinds import Kind
from leadflow.events.registry import ALL, Handler
from leadflow.handover import handlers as handover
from leadflow.insights import handlers as insights
from leadflow.integrations import handlers as integrations
from leadflow.mail import handlers as mail
from leadflow.notifications import handlers as notifications
from leadflow.offers import handlers as offers
from leadflow.segments import handlers as segments
from leadflow.services import handlers as core
from nurturing import handlers as nurturing
from pipeline import handlers as pipeline
from qualification import handlers as qualification

REACTIONS: dict[str, list[Handler]] = {
    Kind.LEAD_MERGED: [
        capture.follow_merged_leads,
        distribution.follow_merged_leads,
        handover.follow_merged_leads,
        mail.follow_merged_leads,
        pipeline.follow_merge,
        qualification.follow_merged_leads,
        qualification.advance_buyers,
        segments.follow_merged_leads,
        nurturing.follow_merged_leads,
        calendars.follow_merged_leads,
        calling.follow_merged_leads,
        offers.follow_merged_leads,
        notifications.follow_merged_leads,
        core.settle_merges,
    ],
    Kind.LEAD_UNMERGED: [qualification.rescore, qualification.advance_buyers, segments.refresh],
    Kind.LEAD_CAPTURED: [
        core.bring_companies_back,
        core.look_up,
        qualification.rescore,
        qualification.advance_buyers,
        segments.refresh,
        nurturing.enrol_captured,
        nurturing.watch_goals,
    ],
    Kind.SUBMISSION_RECEIVED: [
        capture.place_in_funnel,
        capture.fill_company,
        capture.join_visits,
        capture.tell_people,
        capture.keep_promises,
        capture.give_offers,
        capture.register_guests,
        capture.begin_trials,
        capture.book_times,
        distribution.place_answers,
        nurturing.enrol_by_form,
        nurturing.automate,
    ],
    Kind.OFFER_GIVEN: [
        qualification.advance_buyers,
        segments.refresh,
        nurturing.watch_goals,
        nurturing.automate,
    ],
    Kind.APPROVAL_DECIDED: [pipeline.follow_decisions, nurturing.follow_decisions],
    Kind.SEQUENCE_RESUMED: [nurturing.let_in_after_pause],
    Kind.RUN_FINISHED: [nurturing.let_in_after_pause],
    Kind.CONTENT_OPENED: [pipeline.follow_opened],
    Kind.OCCASION_CHANGED: [capture.tell_guests],
    Kind.OCCASION_CANCELLED: [capture.tell_guests],
    Kind.HOOK_RECEIVED: [integrations.take_in],
    Kind.FORM_LEFT: [capture.remind_unfinished],
    Kind.LEAD_CHANGED: [
        core.bring_companies_back,
        core.look_up,
        qualification.rescore,
        qualification.advance_buyers,
        segments.refresh,
        nurturing.watch_goals,
        nurturing.automate,
    ],
    Kind.LEAD_TAGGED: [
        qualification.rescore,
        qualification.advance_buyers,
        segments.refresh,
        nurturing.watch_goals,
        nurturing.automate,
    ],
    Kind.ENGAGEMENT_RECORDED: [
        qualification.rescore,
        qualification.advance_buyers,
        segments.refresh,
        nurturing.enrol_by_doing,
        nurturing.watch_goals,
        core.make_customers,
        capture.place_readers,
        nurturing.automate,
        mail.confirm_clicks,
    ],
    Kind.ENGAGEMENT_CORRECTED: [qualification.rescore, segments.refresh],
    Kind.SETTING_CHANGED: [capture.gather_readings],
    Kind.CONSENT_ASKED: [mail.ask_to_confirm],
    Kind.SUBMISSION_CONFIRMED: [nurturing.enrol_by_form, nurturing.enrol_confirmed],
    Kind.CONSENT_GIVEN: [
        qualification.rescore,
        qualification.advance_buyers,
        segments.refresh,
        capture.go_on_confirmed,
    ],
    Kind.CONSENT_WITHDRAWN: [
        qualification.rescore,
        qualification.advance_buyers,
        nurturing.stop,
        segments.refresh,
    ],
    Kind.LEAD_QUALIFIED: [
        handover.open,
        segments.refresh,
        nurturing.watch_goals,
        nurturing.automate,
    ],
    Kind.HANDOVER_OFFERED: [distribution.assign],
    Kind.HANDOVER_EXPIRED: [distribution.pass_on],
    Kind.LEAD_ASSIGNED: [
        distribution.start_clock,
        handover.accept_by_policy,
        segments.refresh,
        notifications.tell_owner,
        notifications.tell_followers,
        nurturing.automate,
    ],
    Kind.ACTIVITY_PLANNED: [pipeline.follow_work],
    Kind.ACTIVITY_LOGGED: [
        distribution.stop_clock,
        pipeline.follow_work,
        core.settle_nudges,
        core.make_customers,
        notifications.tell_followers,
        nurturing.automate,
    ],
    Kind.ACTIVITY_COMPLETED: [
        distribution.stop_clock,
        pipeline.follow_work,
        nurturing.wake_waiting,
        core.settle_nudges,
        core.make_customers,
        nurturing.automate,
    ],
    Kind.ACTIVITY_DELEGATED: [notifications.tell_of_todo],
    Kind.NOTE_ADDED: [
        pipeline.follow_work,
        notifications.tell_mentioned,
        notifications.tell_followers,
        pipeline.tell_mentioned,
        pipeline.tell_followers,
    ],
    Kind.ADDRESS_SUPPRESSED: [nurturing.stop],
    Kind.LEAD_COOLED: [nurturing.enrol_unready, segments.refresh, nurturing.automate],
    Kind.SCORE_CHANGED: [
        qualification.advance_buyers,
        segments.refresh,
        nurturing.watch_goals,
        core.nudge_owners,
    ],
    Kind.BANT_CHANGED: [qualification.advance_buyers, segments.refresh, nurturing.watch_goals],
    Kind.LEAD_ADVANCED: [
        qualification.advance_buyers,
        segments.refresh,
        nurturing.watch_goals,
        nurturing.stop_for_stage,
        core.make_customers,
        notifications.tell_followers,
        nurturing.automate,
    ],
    Kind.LEAD_DISQUALIFIED: [nurturing.stop, segments.refresh, notifications.tell_followers],
    Kind.LEAD_RECYCLED: [
        nurturing.recycle,
        segments.refresh,
        notifications.tell_followers,
        nurturing.automate,
    ],
    Kind.LEAD_TRASHED: [nurturing.stop, segments.refresh],
    Kind.LEAD_RESTORED: [segments.refresh],
    Kind.LEAD_CONVERTED: [nurturing.stop_for_deal],
    Kind.LEAD_UNCONVERTED: [qualification.advance_buyers, segments.refresh],
    Kind.DEAL_OPENED: [nurturing.stop_for_deal, nurturing.automate],
    Kind.DEAL_MOVED: [pipeline.tell_followers, nurturing.automate],
    Kind.DEAL_WON: [pipeline.tell_followers, nurturing.automate],
    Kind.DEAL_LOST: [pipeline.tell_followers, nurturing.enrol_lost, nurturing.automate],
    Kind.DEAL_REOPENED: [nurturing.stop_for_deal, pipeline.tell_followers],
    Kind.CUSTOMER_WON: [
        nurturing.stop_for_customer,
        nurturing.enrol_customers,
        segments.refresh,
    ],
    Kind.CUSTOMER_SUBSCRIBED: [nurturing.automate],
    Kind.CUSTOMER_REVERTED: [segments.refresh],
    Kind.CUSTOMER_LEFT: [segments.refresh],
    Kind.CUSTOMER_RETURNED: [segments.refresh],
    Kind.HANDOVER_ACCEPTED: [nurturing.stop_for_owner],
    Kind.MAIL_RECEIVED: [capture.take_in],
    Kind.REPLY_RECEIVED: [
        nurturing.on_reply,
        core.nudge_owners,
        notifications.tell_of_reply,
        notifications.tell_followers,
        nurturing.automate,
    ],
    Kind.OWN_MAILBOX_FAILED: [notifications.tell_of_own_mailbox],
    Kind.REPLY_SORTED: [nurturing.automate],
    Kind.MEETING_BOOKED: [
        notifications.tell_host,
        nurturing.stop_for_meeting,
        nurturing.watch_goals,
        notifications.tell_followers,
        nurturing.automate,
    ],
    Kind.MEETING_MOVED: [notifications.tell_host],
    Kind.MEETING_MISSED: [nurturing.enrol_missed, nurturing.automate],
    Kind.MEETING_CANCELLED: [notifications.tell_host, nurturing.automate],
    Kind.DELIVERY_FAILED: [nurturing.stop_for_failure],
    Kind.SENDER_JUDGED: [notifications.tell_of_sender],
    Kind.COMPANY_CHANGED: [
        qualification.rescore_company,
        qualification.advance_buyers,
        segments.refresh_company,
        nurturing.automate,
    ],
    Kind.COMPANY_MERGED: [pipeline.follow_company_merge],
    Kind.COMPANY_UNMERGED: [pipeline.follow_company_merge],
    Kind.SEGMENT_ENTERED: [
        nurturing.enrol_segment,
        qualification.advance_buyers,
        segments.refresh,
        nurturing.watch_goals,
        nurturing.automate,
    ],
    Kind.SEGMENT_LEFT: [nurturing.leave_segment, segments.refresh, nurturing.automate],
    ALL: [insights.roll_up],
}

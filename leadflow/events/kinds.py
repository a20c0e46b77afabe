"""Every kind of fact that LeadFlow records, declared once: name, shape of its data, meaning.

`noun.past_participle`. docs/flow.md draws this list, a test holds the two together; each kind has a
presenter in leadflow/timeline. A kind that went out of use stays here, for its rows stay.
"""

from enum import StrEnum
from typing import Any

from leadflow.events import mail_payloads as m
from leadflow.events import payloads as p


class Kind(StrEnum):
    """A kind of event; `payload` is the class of its data, `about` says when it is recorded."""

    payload: type[Any]
    about: str

    def __new__(cls, value: str, payload: type[Any], about: str) -> "Kind":
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.payload = payload
        kind.about = about
        return kind

    @classmethod
    def of(cls, value: str) -> "Kind":
        """The kind of that name; ValueError where nobody declared it."""
        try:
            return cls._value2member_map_[str(value)]  # type: ignore[return-value]
        except KeyError:
            raise ValueError(f"{value} is not a kind of event.") from None

    # the person
    LEAD_CAPTURED = (
        "lead.captured",
        p.Captured,
        "A person gave contact data: a form, a call, an import or a colleague.",
    )
    LEAD_CHANGED = "lead.changed", p.Changed, "Somebody changed fields of a lead."
    LEAD_ADVANCED = "lead.advanced", p.Moved, "A lead went to another stage of the lifecycle."
    LEAD_MERGED = (
        "lead.merged",
        p.Merged,
        "Another row turned out to be the same person and was merged into this one.",
    )
    LEAD_UNMERGED = "lead.unmerged", p.Merged, "A merge was taken back."
    LEAD_DISQUALIFIED = "lead.disqualified", p.Reasoned, "A lead was put aside: will not buy."
    LEAD_RECYCLED = "lead.recycled", p.Recycled, "A lead went back to marketing: not now."
    LEAD_CONVERTED = "lead.converted", p.Converted, "A lead became a deal."
    LEAD_UNCONVERTED = (
        "lead.unconverted",
        p.Unconverted,
        "A conversion was taken back; `stayed` names what had changed since.",
    )
    LEAD_TRASHED = (
        "lead.trashed",
        p.Nothing,
        "A lead was put in the trash, from which it can come back for 30 days.",
    )
    LEAD_RESTORED = "lead.restored", p.Nothing, "A lead came back from the trash."
    LEAD_ERASED = "lead.erased", p.Erased, "A person's data was erased for ever."
    LEAD_REMOVED = (
        "lead.removed",
        p.Nothing,
        "The import that had brought a lead was taken back; nothing of her is left.",
    )
    LEAD_TAGGED = "lead.tagged", p.Changed, "Tags of a lead were added or removed."
    # qualification
    LEAD_QUALIFIED = "lead.qualified", p.Rated, "The score of a lead rose over the threshold."
    LEAD_COOLED = "lead.cooled", p.Rated, "The score of a lead fell under the threshold."
    SCORE_CHANGED = (
        "score.changed",
        p.Rated,
        "The cell (fit letter, engagement digit) of a lead changed.",
    )
    BANT_CHANGED = (
        "bant.changed",
        p.Qualified,
        "Budget, authority, need or timing of a lead was learned or changed.",
    )
    # hand-over and distribution
    HANDOVER_OFFERED = "handover.offered", p.Handed, "Marketing offered a lead to sales."
    HANDOVER_ACCEPTED = "handover.accepted", p.Handed, "A named person took the lead."
    HANDOVER_REJECTED = "handover.rejected", p.Handed, "Sales returned the lead with a reason."
    HANDOVER_EXPIRED = "handover.expired", p.Handed, "Nobody answered the offer in time."
    LEAD_ASSIGNED = "lead.assigned", p.Assigned, "A lead got an owner, another owner, or none."
    LEAD_RESPONSE_OVERDUE = (
        "lead.response_overdue",
        p.Overdue,
        "The owner has not touched a new lead in the promised time.",
    )
    # work with the person
    ACTIVITY_PLANNED = "activity.planned", p.Acted, "A call, mail, meeting or to-do was planned."
    ACTIVITY_LOGGED = (
        "activity.logged",
        p.Acted,
        "A call, mail, meeting or demo that took place was written down.",
    )
    ACTIVITY_COMPLETED = "activity.completed", p.Acted, "A planned activity was done."
    ACTIVITY_DELEGATED = (
        "activity.delegated",
        p.Delegated,
        "A planned activity went from one person to another.",
    )
    NOTE_ADDED = "note.added", p.Noted, "Somebody wrote a note."
    RESEARCH_CHECKED = (
        "research.checked",
        p.Researched,
        "A line of the research checklist of a lead or company was ticked, or taken back.",
    )
    ENTRY_PINNED = (
        "entry.pinned",
        p.Pinned,
        "An entry of the story of a lead was pinned to its top, or unpinned.",
    )
    MEETING_BOOKED = "meeting.booked", p.Acted, "A meeting with the lead was put in the calendar."
    MEETING_MOVED = "meeting.moved", p.Acted, "A booked meeting went to another time."
    MEETING_CANCELLED = "meeting.cancelled", p.Acted, "A booked meeting will not take place."
    MEETING_MISSED = "meeting.missed", p.Acted, "The lead did not come to a booked meeting."
    # mail and behaviour
    DELIVERY_SENT = "delivery.sent", p.Sent, "A mail left for the lead."
    DELIVERY_FAILED = "delivery.failed", p.Sent, "A mail to the lead could not be delivered."
    TEXT_SENT = "text.sent", p.Texted, "A text message left for the lead, or is kept here."
    TEXT_FAILED = (
        "text.failed",
        p.Texted,
        "A carrier refused a text message, or nobody knows whether it arrived.",
    )
    MAIL_RECEIVED = (
        "mail.received",
        m.Received,
        "A mail came in that answers none of ours: of a known person, or of a stranger.",
    )
    REPLY_RECEIVED = "reply.received", m.Replied, "The lead answered a mail."
    REPLY_SORTED = "reply.sorted", m.Meant, "Somebody said what an answer means."
    OWN_MAILBOX_FAILED = (
        "own_mailbox.failed",
        m.SignInFailed,
        "A colleague's own mailbox lets us in no more; she has to sign in again.",
    )
    LEAD_AWAY = "lead.away", m.Away, "An automatic answer says when the lead is back."
    ENGAGEMENT_RECORDED = (
        "engagement.recorded",
        p.Engaged,
        "The lead did something that counts: a click, a visit, a download.",
    )
    ENGAGEMENT_CORRECTED = (
        "engagement.corrected",
        p.Corrected,
        "What counted as the lead's doing turned out to be a machine's.",
    )
    CONSENT_ASKED = (
        "consent.asked",
        p.Consented,
        "The lead agreed on a form; her mailbox is asked to confirm it.",
    )
    CONSENT_GIVEN = "consent.given", p.Consented, "The lead agreed to be contacted, with proof."
    CONSENT_WITHDRAWN = (
        "consent.withdrawn",
        p.Consented,
        "The lead withdrew consent or unsubscribed.",
    )
    ADDRESS_SUPPRESSED = (
        "address.suppressed",
        p.Consented,
        "Nothing may be sent to the address of the lead any more.",
    )
    ADDRESS_RELEASED = (
        "address.released",
        p.Consented,
        "An admin took an address of the lead off the suppression list, for a reason.",
    )
    SUBMISSION_RECEIVED = (
        "submission.received",
        p.Submitted,
        "A form was sent; the raw answers are kept.",
    )
    SUBMISSION_TRASHED = (
        "submission.trashed",
        p.Submitted,
        "An answer was put in the trash; the lead that it became stays.",
    )
    SUBMISSION_TAKEN_BACK = (
        "submission.taken_back",
        p.Submitted,
        "An answer came back from the trash.",
    )
    SUBMISSION_CONFIRMED = (
        "submission.confirmed",
        p.Submitted,
        "Who sent the form confirmed her consent; what waited for that goes on.",
    )
    OFFER_GIVEN = (
        "offer.given",
        p.Given,
        "A person was given an offer with its code, within its window and its limit.",
    )
    HOOK_RECEIVED = (
        "hook.received",
        p.Hooked,
        "Another program called a hook with a good signature, or a person asked to read its call again.",
    )
    # nurturing
    ENROLMENT_STARTED = "enrolment.started", p.Enrolled, "A lead entered a sequence."
    ENROLMENT_FINISHED = (
        "enrolment.finished",
        p.Enrolled,
        "A lead reached the end or the goal of a sequence.",
    )
    ENROLMENT_STOPPED = "enrolment.stopped", p.Enrolled, "A lead left a sequence before its end."
    ENROLMENT_PAUSED = "enrolment.paused", p.Enrolled, "Somebody let a lead rest in a sequence."
    ENROLMENT_RESUMED = "enrolment.resumed", p.Enrolled, "Somebody let a lead go on in a sequence."
    SEGMENT_ENTERED = "segment.entered", p.Segmented, "A lead came into a segment."
    SEGMENT_LEFT = "segment.left", p.Segmented, "A lead fell out of a segment."
    # deals and customers
    DEAL_OPENED = "deal.opened", p.Dealt, "A deal was opened."
    DEAL_MOVED = "deal.moved", p.Dealt, "A deal went to another stage of its pipeline."
    DEAL_CHANGED = "deal.changed", p.Dealt, "Somebody changed fields of a deal."
    DEAL_WON = "deal.won", p.Dealt, "A deal was won."
    DEAL_LOST = "deal.lost", p.Dealt, "A deal was lost, with its reason."
    DEAL_REOPENED = "deal.reopened", p.Dealt, "A closed deal was opened again."
    DEAL_TRASHED = (
        "deal.trashed",
        p.Dealt,
        "A deal was put in the trash, from which it can come back for 30 days.",
    )
    DEAL_RESTORED = "deal.restored", p.Dealt, "A deal came back from the trash."
    FILE_ATTACHED = "file.attached", p.Attached, "Files were attached to a deal."
    FILE_REMOVED = "file.removed", p.Attached, "A file was taken out of a deal, for good."
    COMPETITOR_NOTED = (
        "competitor.noted",
        p.Rivalled,
        "A competitor takes part in a deal, is out of the race, or never took part.",
    )
    DEAL_SPLIT = (
        "deal.split",
        p.SplitUp,
        "The credit for a deal was shared out among colleagues, anew or for the first time.",
    )
    ROLE_CHANGED = (
        "role.changed",
        p.Cast,
        "A person got a buying role in a deal, another one, or has none any more.",
    )
    QUOTE_SENT = "quote.sent", p.Quoted, "A version of a quote was given to the customer."
    QUOTE_ACCEPTED = (
        "quote.accepted",
        p.Quoted,
        "The customer accepted a quote by her name; the proof is kept.",
    )
    QUOTE_DECLINED = "quote.declined", p.Quoted, "The customer declined a quote."
    OBJECTION_RAISED = (
        "objection.raised",
        p.Objected,
        "Somebody wrote down what the buyer has against it.",
    )
    OBJECTION_ANSWERED = (
        "objection.answered",
        p.Objected,
        "An objection was answered: it is resolved, it stands, or it is open again.",
    )
    CONCESSION_NOTED = (
        "concession.noted",
        p.Negotiated,
        "What a customer asked for in a negotiation was written down, given or not given.",
    )
    OFFER_USED = (
        "offer.used",
        p.Negotiated,
        "An offer was used on a deal, waits for a yes to that, or was taken off.",
    )
    CONTENT_SHARED = (
        "content.shared",
        p.Shared,
        "Sales gave a piece of the library to a person, on a deal or before there is one.",
    )
    CONTENT_OPENED = (
        "content.opened",
        p.Opened,
        "What sales had shared was opened for the first time.",
    )
    APPROVAL_DECIDED = (
        "approval.decided",
        p.Approved,
        "A manager approved or refused what somebody had asked for.",
    )
    CUSTOMER_WON = "customer.won", p.WonBy, "A company or a person became a customer."
    CUSTOMER_REVERTED = (
        "customer.reverted",
        p.WonBy,
        "The deal that had made the customer was taken back.",
    )
    CUSTOMER_ORDERED = "customer.ordered", p.Bought, "A customer bought something once."
    CUSTOMER_SUBSCRIBED = "customer.subscribed", p.Bought, "A customer began a subscription."
    CUSTOMER_RENEWED = "customer.renewed", p.Bought, "A subscription of a customer was renewed."
    CUSTOMER_UNSUBSCRIBED = "customer.unsubscribed", p.Bought, "A subscription was ended."
    ORDER_CANCELLED = "order.cancelled", p.Bought, "An order of a customer was cancelled."
    ORDER_REINSTATED = "order.reinstated", p.Bought, "A cancelled order holds again."
    PURCHASE_CHANGED = (
        "purchase.changed",
        p.Bought,
        "What was written down of an order or a subscription was put right.",
    )
    CUSTOMER_LEFT = "customer.left", p.Reasoned, "A customer was marked as gone."
    CUSTOMER_RETURNED = "customer.returned", p.Nothing, "A customer who had left came back."
    COMPANY_CHANGED = "company.changed", p.Changed, "Somebody changed fields of a company."
    COMPANY_MERGED = "company.merged", p.Joined, "Another row turned out to be the same company."
    COMPANY_TRASHED = (
        "company.trashed",
        p.Nothing,
        "A company was put in the trash, from which it can come back for 30 days.",
    )
    COMPANY_RESTORED = (
        "company.restored",
        p.Because,
        "A company came back from the trash, by hand or because somebody there arrived.",
    )
    COMPANY_UNMERGED = "company.unmerged", p.Joined, "A merge of companies was taken back."
    # the workspace
    RULES_PUBLISHED = "rules.published", p.Published, "A version of a rule set went live."
    FORM_PUBLISHED = "form.published", p.Published, "A version of a form went live."
    SUBMISSION_RESTORED = (
        "submission.restored",
        p.Held,
        "Answers that were set aside as suspect were taken back, to become leads.",
    )
    SUBMISSION_DELETED = (
        "submission.deleted",
        p.Held,
        "Answers that were set aside as suspect were deleted, by somebody or when their days were over.",
    )
    FORM_LEFT = (
        "form.left",
        p.FormLeft,
        "Somebody who asked to be reminded of a form she began has not gone on for a day.",
    )
    FORM_ARCHIVED = "form.archived", p.Published, "A form was closed to visitors."
    PAGE_PUBLISHED = "page.published", p.Published, "A version of a landing page went live."
    DESIGN_PUBLISHED = (
        "design.published",
        p.Published,
        "A version of a design of mails was laid out and can be sent.",
    )
    PAGE_ARCHIVED = "page.archived", p.Published, "A landing page was closed to visitors."
    EXPERIMENT_STARTED = (
        "experiment.started",
        p.Compared,
        "Visitors of a form or a landing page are shared out among its variants.",
    )
    EXPERIMENT_STOPPED = (
        "experiment.stopped",
        p.Compared,
        "An A/B test ended: one variant is shown to everybody.",
    )
    OCCASION_PLANNED = (
        "occasion.planned",
        p.Occasion,
        "An event that people can register for was made.",
    )
    OCCASION_CHANGED = (
        "occasion.changed",
        p.Occasion,
        "Time, place, link or title of an event changed; whoever has a place is told.",
    )
    OCCASION_CANCELLED = (
        "occasion.cancelled",
        p.Occasion,
        "An event does not take place; whoever has a place or waits for one is told.",
    )
    SEQUENCE_PUBLISHED = "sequence.published", p.Published, "A version of a sequence went live."
    SEQUENCE_PAUSED = (
        "sequence.paused",
        p.Switched,
        "Somebody paused a sequence; `count` mails that were written wait for it.",
    )
    SEQUENCE_RESUMED = (
        "sequence.resumed",
        p.Switched,
        "A paused sequence goes on; `count` mails that had waited leave.",
    )
    SEQUENCE_ARCHIVED = (
        "sequence.archived",
        p.Switched,
        "Somebody put a sequence away; `count` people left it by that.",
    )
    SEQUENCE_MIGRATED = (
        "sequence.migrated",
        p.Migrated,
        "Somebody moved the people in a sequence to another version of it.",
    )
    BROADCAST_CONFIRMED = (
        "broadcast.confirmed",
        p.Broadcasted,
        "Somebody confirmed a broadcast: its words and its audience are fixed.",
    )
    BROADCAST_TAKEN_BACK = (
        "broadcast.taken_back",
        p.Broadcasted,
        "A scheduled broadcast became a draft again; nothing had left.",
    )
    BROADCAST_PAUSED = (
        "broadcast.paused",
        p.Broadcasted,
        "The sending of a broadcast was paused, by somebody or because of what stands in its reason.",
    )
    BROADCAST_SUBJECT_CHOSEN = (
        "broadcast.subject_chosen",
        p.Broadcasted,
        "Of several subjects one was chosen for the `count` people who waited, by the figures or by somebody.",
    )
    BROADCAST_RESUMED = "broadcast.resumed", p.Broadcasted, "A paused broadcast goes on."
    BROADCAST_CANCELLED = (
        "broadcast.cancelled",
        p.Broadcasted,
        "A broadcast was called off; `count` people do not get it any more.",
    )
    BROADCAST_SENT = (
        "broadcast.sent",
        p.Broadcasted,
        "The last mail of a broadcast was handed to the next server; `count` people were written to.",
    )
    RUN_FINISHED = (
        "run.finished",
        p.RunEnded,
        "A long piece of work ended: done, failed or cancelled.",
    )
    IMPORT_FINISHED = "import.finished", p.Imported, "A file was imported; its rows add up."
    IMPORT_UNDONE = (
        "import.undone",
        p.Undone,
        "An import was taken back; what was touched since stayed.",
    )
    DATA_EXPORTED = "data.exported", p.Exported, "Somebody took data out as a file."
    SENDER_JUDGED = (
        "sender.judged",
        p.SenderJudged,
        "Complaints or bounces: marketing of a sender was warned about, paused or resumed.",
    )
    HITS_RECLASSIFIED = (
        "hits.reclassified",
        p.Reclassified,
        "Clicks and opens were judged again; about `count` of `hits` it changed who did them.",
    )
    SETTING_CHANGED = "setting.changed", p.SettingChanged, "A setting of the organisation changed."
    USER_INVITED = "user.invited", p.UserChanged, "Somebody was invited to work here."
    USER_CHANGED = "user.changed", p.UserChanged, "Role, teams or state of a user changed."
    USER_SIGNED_IN = "user.signed_in", p.UserChanged, "A user signed in."
    USER_SIGNED_OUT = "user.signed_out", p.UserChanged, "A user signed out."
    USER_SIGN_IN_FAILED = "user.sign_in_failed", p.UserChanged, "A sign-in was refused."

"""Every kind of fact that LeadFlow records, declared once: name, shape of its data, meaning.

`noun.past_participle`. docs/flow.md draws this list, a test holds the two together; each kind has a
presenter in leadflow/timeline. A kind that went out of use stays here, for its rows stay.
"""

from enum import StrEnum
from typing import Any

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
    LEAD_TRASHED = (
        "lead.trashed",
        p.Nothing,
        "A lead was put in the trash, from which it can come back for 30 days.",
    )
    LEAD_RESTORED = "lead.restored", p.Nothing, "A lead came back from the trash."
    LEAD_ERASED = "lead.erased", p.Erased, "A person's data was erased for ever."
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
    NOTE_ADDED = "note.added", p.Noted, "Somebody wrote a note."
    MEETING_BOOKED = "meeting.booked", p.Acted, "A meeting with the lead was put in the calendar."
    # mail and behaviour
    DELIVERY_SENT = "delivery.sent", p.Sent, "A mail left for the lead."
    DELIVERY_FAILED = "delivery.failed", p.Sent, "A mail to the lead could not be delivered."
    REPLY_RECEIVED = "reply.received", p.Replied, "The lead answered a mail."
    ENGAGEMENT_RECORDED = (
        "engagement.recorded",
        p.Engaged,
        "The lead did something that counts: a click, a visit, a download.",
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
    # nurturing
    ENROLMENT_STARTED = "enrolment.started", p.Enrolled, "A lead entered a sequence."
    ENROLMENT_FINISHED = (
        "enrolment.finished",
        p.Enrolled,
        "A lead reached the end or the goal of a sequence.",
    )
    ENROLMENT_STOPPED = "enrolment.stopped", p.Enrolled, "A lead left a sequence before its end."
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
    CUSTOMER_WON = "customer.won", p.WonBy, "A company or a person became a customer."
    CUSTOMER_REVERTED = (
        "customer.reverted",
        p.WonBy,
        "The deal that had made the customer was taken back.",
    )
    COMPANY_CHANGED = "company.changed", p.Changed, "Somebody changed fields of a company."
    COMPANY_MERGED = "company.merged", p.Merged, "Another row turned out to be the same company."
    # the workspace
    RULES_PUBLISHED = "rules.published", p.Published, "A version of a rule set went live."
    FORM_PUBLISHED = "form.published", p.Published, "A version of a form went live."
    FORM_ARCHIVED = "form.archived", p.Published, "A form was closed to visitors."
    SEQUENCE_PUBLISHED = "sequence.published", p.Published, "A version of a sequence went live."
    RUN_FINISHED = (
        "run.finished",
        p.RunEnded,
        "A long piece of work ended: done, failed or cancelled.",
    )
    IMPORT_FINISHED = "import.finished", p.Imported, "A file was imported; its rows add up."
    DATA_EXPORTED = "data.exported", p.Exported, "Somebody took data out as a file."
    SETTING_CHANGED = "setting.changed", p.SettingChanged, "A setting of the organisation changed."
    USER_INVITED = "user.invited", p.UserChanged, "Somebody was invited to work here."
    USER_CHANGED = "user.changed", p.UserChanged, "Role, teams or state of a user changed."
    USER_SIGNED_IN = "user.signed_in", p.UserChanged, "A user signed in."
    USER_SIGNED_OUT = "user.signed_out", p.UserChanged, "A user signed out."
    USER_SIGN_IN_FAILED = "user.sign_in_failed", p.UserChanged, "A sign-in was refused."

"""The lifecycle of a lead: its stages, and which may follow which.

Stage (how far the relation has come), status (sales working state) and disposition (off-ramps) are
kept apart on purpose. `leadflow.services.leads` is the only writer; docs/flow.md draws this table.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LeadStage(models.TextChoices):
    """How far a person's relation with us has come."""

    SUBSCRIBER = "subscriber", _("Subscriber")
    LEAD = "lead", _("Lead")
    MQL = "mql", _("MQL")
    SAL = "sal", _("Accepted")
    SQL = "sql", _("SQL")
    OPPORTUNITY = "opportunity", _("Deal")
    CUSTOMER = "customer", _("Customer")


class LeadStatus(models.TextChoices):
    """What sales is doing with the lead, between MQL and SQL."""

    NEW = "new", _("New")
    ATTEMPTING = "attempting", _("Attempting")
    CONNECTED = "connected", _("Connected")
    MEETING_SET = "meeting_set", _("Meeting set")
    NURTURE_HOLD = "nurture_hold", _("On hold, nurtured")


class Disposition(models.TextChoices):
    """Why nobody works the lead now; empty while somebody may."""

    ACTIVE = "", _("Active")
    DISQUALIFIED = "disqualified", _("Disqualified")
    RECYCLED = "recycled", _("Recycled")


class BuyingRole(models.TextChoices):
    """What somebody is to a purchase: the words of BANT's authority, from the one who decides on."""

    DECISION_MAKER = "decision_maker", _("Decision maker")
    ECONOMIC_BUYER = "economic_buyer", _("Economic buyer")
    CHAMPION = "champion", _("Champion")
    INFLUENCER = "influencer", _("Influencer")
    EVALUATOR = "evaluator", _("Evaluator")
    USER = "user", _("User")
    PROCUREMENT = "procurement", _("Procurement or legal")
    BLOCKER = "blocker", _("Blocker")


ORDER: dict[str, int] = {stage: position for position, stage in enumerate(LeadStage.values)}

_S = LeadStage
# From a stage, the stages that may follow. Skips forward are legal (a walk-in can become a deal at
# once); the ways back are returns by sales, cooling, and a deal that was lost or undone.
TRANSITIONS: dict[str, frozenset[str]] = {
    _S.SUBSCRIBER: frozenset({_S.LEAD, _S.MQL, _S.SAL, _S.SQL, _S.OPPORTUNITY, _S.CUSTOMER}),
    _S.LEAD: frozenset({_S.MQL, _S.SAL, _S.SQL, _S.OPPORTUNITY, _S.CUSTOMER}),
    _S.MQL: frozenset({_S.LEAD, _S.SAL, _S.SQL, _S.OPPORTUNITY, _S.CUSTOMER}),
    _S.SAL: frozenset({_S.LEAD, _S.MQL, _S.SQL, _S.OPPORTUNITY, _S.CUSTOMER}),
    _S.SQL: frozenset({_S.LEAD, _S.SAL, _S.OPPORTUNITY, _S.CUSTOMER}),
    _S.OPPORTUNITY: frozenset({_S.LEAD, _S.SAL, _S.SQL, _S.CUSTOMER}),
    _S.CUSTOMER: frozenset({_S.OPPORTUNITY, _S.SQL}),
}

# The column of LeadCycle that keeps when a stage was first reached in that cycle.
STAMP: dict[str, str] = {
    _S.SUBSCRIBER: "subscriber_at",
    _S.LEAD: "lead_at",
    _S.MQL: "mql_at",
    _S.SAL: "sal_at",
    _S.SQL: "sql_at",
    _S.OPPORTUNITY: "opportunity_at",
    _S.CUSTOMER: "customer_at",
}


def may_advance(stage: str, to: str) -> bool:
    """Whether `to` may follow `stage`; a stage never follows itself."""
    return to in TRANSITIONS[stage]


def furthest(one: str, other: str) -> str:
    """The later of two stages."""
    return one if ORDER[one] >= ORDER[other] else other

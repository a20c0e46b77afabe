"""The shared core: the Lead and what two or more stages need of it."""

from leadflow.models.activity import Activity, Note
from leadflow.models.choices import (
    BuyerStage,
    Channel,
    ContactChannel,
    Direction,
    FunnelPosition,
    Origin,
    Seniority,
)
from leadflow.models.company import Company
from leadflow.models.consent import Address, Consent, Suppression
from leadflow.models.customer import Customer
from leadflow.models.engagement import Engagement, EngagementSum, Touchpoint
from leadflow.models.lead import Lead, LeadAnswer, LeadCycle, LeadIdentity, LeadScore
from leadflow.models.organisation import ExchangeRate, Organisation
from leadflow.models.source import Campaign, Source, SpendEntry
from leadflow.models.stages import Disposition, LeadStage, LeadStatus
from leadflow.models.tag import CustomField, LeadTag, Tag

__all__ = [
    "Activity",
    "Address",
    "BuyerStage",
    "Campaign",
    "Channel",
    "Company",
    "Consent",
    "ContactChannel",
    "CustomField",
    "Customer",
    "Direction",
    "Disposition",
    "Engagement",
    "EngagementSum",
    "ExchangeRate",
    "FunnelPosition",
    "Lead",
    "LeadAnswer",
    "LeadCycle",
    "LeadIdentity",
    "LeadScore",
    "LeadStage",
    "LeadStatus",
    "LeadTag",
    "Note",
    "Organisation",
    "Origin",
    "Seniority",
    "Source",
    "SpendEntry",
    "Suppression",
    "Tag",
    "Touchpoint",
]

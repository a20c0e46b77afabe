"""The shared core: the Lead and what two or more stages need of it."""

from leadflow.models.accounts import AccountScore, account_score
from leadflow.models.activity import Activity, Note
from leadflow.models.choices import (
    BuyerStage,
    Channel,
    ContactChannel,
    Direction,
    FunnelPosition,
    Origin,
    Seniority,
    Tier,
)
from leadflow.models.company import Company
from leadflow.models.company_merge import CompanyMerge, CompanyTwin
from leadflow.models.consent import Address, Consent, Suppression
from leadflow.models.customer import Customer
from leadflow.models.engagement import CompanySignal, Engagement, EngagementSum, Touchpoint
from leadflow.models.enrichment import ProvidedValue
from leadflow.models.host import PublicHost, host_name
from leadflow.models.lead import Lead, LeadAnswer, LeadCycle, LeadIdentity, LeadScore
from leadflow.models.merge import Merge, Twin
from leadflow.models.nudge import Nudge, Snooze
from leadflow.models.organisation import ExchangeRate, Organisation
from leadflow.models.pin import Pin
from leadflow.models.research import ResearchCheck, ResearchItem
from leadflow.models.source import Campaign, Source, SpendEntry
from leadflow.models.stages import BuyingRole, Disposition, LeadStage, LeadStatus
from leadflow.models.tag import CustomField, LeadTag, Tag

__all__ = [
    "AccountScore",
    "Activity",
    "Address",
    "BuyerStage",
    "BuyingRole",
    "Campaign",
    "Channel",
    "Company",
    "CompanyMerge",
    "CompanySignal",
    "CompanyTwin",
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
    "Merge",
    "Note",
    "Nudge",
    "Organisation",
    "Origin",
    "Pin",
    "ProvidedValue",
    "PublicHost",
    "ResearchCheck",
    "ResearchItem",
    "Seniority",
    "Snooze",
    "Source",
    "SpendEntry",
    "Suppression",
    "Tag",
    "Tier",
    "Touchpoint",
    "Twin",
    "account_score",
    "host_name",
]

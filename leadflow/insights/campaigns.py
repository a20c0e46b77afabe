"""Campaigns: what each cost and brought. Every number is made of rows that it opens.

A lead belongs to the campaign that brought her first (the campaign of her own row); everybody whom it
touched is a member. Revenue is what her deals won within a year of her coming, in the base currency
(KPI 6: the return on it is (revenue − spend) / spend, nothing where nothing was spent).

Beside that stands its influence on deals, by the touches of everybody who takes part in them: before a deal
began it sourced it, before it was won it influenced it. Several campaigns may have done so to one deal.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from leadflow.assets import links
from leadflow.insights import brought
from leadflow.insights.brought import HORIZON
from leadflow.insights.formulas import ratio
from leadflow.insights.spend import rate_of
from leadflow.models import Campaign, Lead, LeadStage, Organisation, SpendEntry, Touchpoint
from leadflow.people.access import Scope, allowed, scope_of
from leadflow.people.models import User
from nurturing import selectors as nurturing
from nurturing.selectors import broadcasts
from pipeline import selectors as pipeline


@dataclass(frozen=True, slots=True)
class Spent:
    """Money booked on a campaign. `amount` is None where nobody entered any that can be counted."""

    amount: Decimal | None
    entries: int
    no_rate: int


class Figures:
    """One campaign as one person may see it."""

    def __init__(self, campaign: Campaign, user: User) -> None:
        self.campaign, self.user = campaign, user
        self.currency = Organisation.current().base_currency

    @property
    def is_whole(self) -> bool:
        """Whether she sees everybody; only then can money be set against people."""
        return scope_of(self.user, "insights.view") == Scope.ALL

    # --- people ---

    @property
    def leads(self) -> QuerySet[Lead]:
        """Whom it brought first; people who only subscribed are no leads yet."""
        rows = Lead.objects.visible_to(self.user, "insights.view").filter(campaign=self.campaign)
        return rows.exclude(furthest_stage=LeadStage.SUBSCRIBER)

    @property
    def members(self) -> QuerySet[Lead]:
        """Everybody whom it touched or brought."""
        touched = Touchpoint.objects.filter(campaign=self.campaign).values("lead")
        rows = Lead.objects.visible_to(self.user, "insights.view")
        return rows.filter(Q(campaign=self.campaign) | Q(pk__in=touched))

    @property
    def qualified(self) -> QuerySet[Lead]:
        """Leads that reached MQL or further."""
        return brought.qualified(self.leads)

    @property
    def customers(self) -> QuerySet[Lead]:
        """Leads that bought."""
        return brought.customers(self.leads)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many of each, in two statements."""
        return brought.counts(self.leads, name="leads") | {"members": self.members.count()}

    # --- money ---

    @property
    def won(self) -> QuerySet[Any]:
        """Deals of its leads that were won within a year of their coming."""
        theirs = brought.won_deals(self.user).filter(lead__campaign=self.campaign)
        return theirs.filter(won_at__lt=F("lead__created_at") + HORIZON)

    @cached_property
    def revenue(self) -> Decimal:
        """What those deals brought; 0 where none was won."""
        return brought.revenue(self.won)

    # --- influence: touches of everybody who takes part in a deal ---

    @property
    def sourced(self) -> QuerySet[Any]:
        """Deals of which somebody was touched by it before they began, whatever became of them."""
        return pipeline.touched_by(self.campaign.pk, brought.counted_deals(self.user), "began")

    @property
    def sourced_won(self) -> QuerySet[Any]:
        """Those of them that were won."""
        return self.sourced.filter(brought.WON)

    @property
    def influenced(self) -> QuerySet[Any]:
        """Won deals of which somebody was touched by it before they were won."""
        return pipeline.touched_by(self.campaign.pk, brought.won_deals(self.user), "won_at")

    @cached_property
    def influence(self) -> dict[str, Any]:
        """How many deals those are, and what the won ones brought, in two statements."""
        won = {
            "won": Count("pk", filter=brought.WON),
            "revenue": Sum("base_amount", filter=brought.WON),
        }
        sourced = self.sourced.aggregate(deals=Count("pk"), **won)
        influenced = self.influenced.aggregate(deals=Count("pk"), revenue=Sum("base_amount"))
        return {
            "sourced": sourced["deals"],
            "sourced_won": sourced["won"],
            "sourced_revenue": sourced["revenue"] or Decimal(0),
            "influenced": influenced["deals"],
            "influenced_revenue": influenced["revenue"] or Decimal(0),
        }

    @property
    def entries(self) -> QuerySet[SpendEntry]:
        """What was entered as spent on it."""
        rows = SpendEntry.objects.filter(campaign=self.campaign).select_related("source")
        return rows.order_by("-starts_on", "-pk")

    @cached_property
    def spent(self) -> Spent:
        """Its spend in the base currency; an entry without a rate is counted aloud and left out."""
        found = [(entry.amount, rate_of(entry, self.currency)) for entry in self.entries]
        known = [amount * rate for amount, rate in found if rate is not None]
        amount = sum(known, Decimal(0)) if known else None
        return Spent(amount, len(found), len(found) - len(known))

    @property
    def cost_per_lead(self) -> Decimal | None:
        """Spend over leads; None while either is missing."""
        return ratio(self.spent.amount, self.counts["leads"])

    @property
    def return_on_spend(self) -> Decimal | None:
        """(revenue − spend) / spend; −100 % where nothing came back, None where nothing was spent."""
        if self.spent.amount is None:
            return None
        return ratio(self.revenue - self.spent.amount, self.spent.amount)

    @property
    def budget_left(self) -> Decimal | None:
        """What is left of the budget; None without a budget."""
        budget = self.campaign.budget
        return budget - (self.spent.amount or Decimal(0)) if budget is not None else None

    # --- what belongs to it ---

    @property
    def links(self) -> QuerySet[Any]:
        """Its short links with their clicks."""
        return links.counted().filter(campaign=self.campaign).order_by("-created_at")

    @property
    def broadcasts(self) -> QuerySet[Any]:
        """Its broadcasts, for those who may see them."""
        found = broadcasts.of_campaign(self.campaign)
        return found if allowed(self.user, "broadcast.view") else found.none()

    @property
    def sequences(self) -> list[Any]:
        """The sequences that its people walk through."""
        return nurturing.walked_by(self.members)


def campaigns_of(user: User) -> QuerySet[Campaign]:
    """Every campaign, with how many leads each brought that this person may see."""
    mine = Lead.objects.visible_to(user, "insights.view").exclude(
        furthest_stage=LeadStage.SUBSCRIBER
    )
    return Campaign.objects.select_related("owner").annotate(
        lead_count=Count("leads", filter=Q(leads__in=mine.values("pk")), distinct=True)
    )


def table(rows: list[Campaign]) -> dict[int, tuple[Decimal | None, int]]:
    """Spend and number of entries without a rate, by campaign, in one statement."""
    base = Organisation.current().base_currency
    found: dict[int, tuple[Decimal | None, int]] = {}
    for entry in SpendEntry.objects.filter(campaign__in=rows):
        was, missing = found.get(entry.campaign_id or 0, (None, 0))
        rate = rate_of(entry, base)
        if rate is None:
            found[entry.campaign_id or 0] = (was, missing + 1)
        else:
            found[entry.campaign_id or 0] = ((was or Decimal(0)) + entry.amount * rate, missing)
    return found

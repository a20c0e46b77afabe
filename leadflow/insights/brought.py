"""What came of people whom something reached: a campaign, an offer, a piece of content.

Revenue is what deals won within a year of it, in the base currency.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from leadflow.models import Lead, LeadStage
from leadflow.people.access import within
from leadflow.people.models import User
from pipeline import selectors as pipeline

HORIZON = timedelta(days=365)
_LADDER = list(LeadStage.values)
# Reached semantics: who went further has been there.
_QUALIFIED = Q(furthest_stage__in=_LADDER[_LADDER.index(LeadStage.MQL) :])
_CUSTOMERS = Q(furthest_stage=LeadStage.CUSTOMER)
WON = Q(status="won", won_at__isnull=False)


def qualified(people: QuerySet[Lead]) -> QuerySet[Lead]:
    """Those who reached MQL or further."""
    return people.filter(_QUALIFIED)


def customers(people: QuerySet[Lead]) -> QuerySet[Lead]:
    """Those who bought."""
    return people.filter(_CUSTOMERS)


def counts(people: QuerySet[Lead], *, name: str) -> dict[str, int]:
    """How many they are (under `name`), how many of them qualified and bought, in one statement."""
    reached = {
        "qualified": Count("pk", filter=_QUALIFIED),
        "customers": Count("pk", filter=_CUSTOMERS),
    }
    found: dict[str, int] = people.aggregate(**{name: Count("pk")}, **reached)
    return found


def counted_deals(user: User) -> QuerySet[Any]:
    """The deals that she may count."""
    return pipeline.deals_of(user).filter(within(user, "insights.view"))


def won_deals(user: User) -> QuerySet[Any]:
    """Those of them that were won."""
    return counted_deals(user).filter(WON)


def revenue(deals: QuerySet[Any]) -> Decimal:
    """What they brought; 0 where there is none."""
    return deals.aggregate(sum=Sum("base_amount"))["sum"] or Decimal(0)

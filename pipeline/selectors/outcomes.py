"""What came of things that stand on a deal or a person: their numbers, and the deals behind these.

Whatever is counted has `deal` and `lead`, one of them set, as objections and shares have.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet

from leadflow.people.models import User
from pipeline.models import Deal, StageKind

# a deal that was lost for a reason that does not count is nobody's loss
CLOSED = Q(deal__status__in=[StageKind.WON, StageKind.LOST]) & ~Q(deal__lost_reason__counts=False)
PARTS: Mapping[str, Q] = {"closed": CLOSED, "won": CLOSED & Q(deal__status=StageKind.WON)}
OF_DEALS = tuple(PARTS)  # these count deals, whatever else is counted counts rows

THERE = Q(deal__isnull=False, deal__deleted_at=None) | Q(
    lead__isnull=False, lead__deleted_at=None, lead__merged_into=None
)


def counts(parts: Mapping[str, Q]) -> dict[str, Any]:
    """The aggregates of these parts, by name."""
    return {
        name: Count("deal" if name in OF_DEALS else "pk", filter=which or None, distinct=True)
        for name, which in parts.items()
    }


def deals_behind(rows: QuerySet[Any], user: User) -> tuple[QuerySet[Deal], int]:
    """The deals of these rows that she may see, and how many more there are."""
    deals = Deal.objects.filter(pk__in=rows.order_by().values("deal"))
    mine = deals.filter(pk__in=Deal.objects.visible_to(user).order_by().values("pk"))
    return mine.select_related("company", "owner", "stage"), deals.count() - mine.count()


def on_deal(deal: Deal) -> Q:
    """On a deal, and on its person before there was one."""
    return Q(deal=deal) | (Q(lead=deal.lead_id) if deal.lead_id else Q(pk__in=[]))

"""What each colleague's share of a deal comes to."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet

from leadflow.kit import money
from leadflow.people.models import User
from pipeline.models import Deal, DealSplit


@dataclass(frozen=True, slots=True)
class Part:
    """A share with its money; None where the deal has no amount yet."""

    split: DealSplit
    amount: Decimal | None


def splits_of(deal: Deal) -> QuerySet[DealSplit]:
    """The shares of a deal, revenue first."""
    return DealSplit.objects.filter(deal=deal).select_related("user")


def parts_of(deal: Deal) -> list[Part]:
    """The shares of a deal, revenue first; those of revenue add up to its amount to the last unit."""
    rows = list(splits_of(deal))
    if deal.amount is None:
        return [Part(row, None) for row in rows]
    revenue = [row for row in rows if row.kind == DealSplit.Kind.REVENUE]
    shared = (
        money.split(deal.amount, [row.share for row in revenue], deal.currency) if revenue else []
    )
    amounts = dict(zip([row.pk for row in revenue], shared, strict=True))
    return [
        Part(row, amounts.get(row.pk, money.rounded(deal.amount * row.share / 100, deal.currency)))
        for row in rows
    ]


def who_may_share(deal: Deal) -> QuerySet[User]:
    """Whoever can own a deal, and those who have a share of this one already."""
    able = User.objects.can_own().values("pk")
    rows: QuerySet[User] = User.objects.filter(
        Q(pk__in=able) | Q(pk__in=splits_of(deal).values("user"))
    )
    return rows.order_by("name", "pk")

"""Competitors in deals, and how often we win against each."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from leadflow.kit.stats import wilson
from leadflow.people.models import User
from pipeline.models import Competitor, Deal, DealCompetitor, StageKind

# a deal that was lost for a reason that does not count is nobody's loss
COUNTED = Q(lost_reason=None) | Q(lost_reason__counts=True)


def competitors() -> QuerySet[Competitor]:
    """The competitors that are offered."""
    return Competitor.objects.filter(is_archived=False)


def of_deal(deal: Deal) -> QuerySet[DealCompetitor]:
    """Who takes part in a deal, in the order in which it was learned."""
    return DealCompetitor.objects.filter(deal=deal).select_related("competitor")


def with_rival(competitor_ids: list[int], *, won: bool = False) -> Q:
    """The deals in which one of these takes part, or that were lost to one of them."""
    rows = DealCompetitor.objects.filter(competitor__in=competitor_ids)
    rows = rows.filter(state=DealCompetitor.State.WON) if won else rows
    return Q(pk__in=rows.values("deal"))


@dataclass(frozen=True, slots=True)
class Against:
    """How it went against one competitor, in the deals that the reader sees."""

    competitor: Competitor
    open: int
    won: int
    lost: int
    lost_to_them: int

    @property
    def decided(self) -> int:
        """Won and lost: what the rate is of."""
        return self.won + self.lost

    @property
    def rate(self) -> float | None:
        """Won of decided; None where none is."""
        return self.won / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true rate lies, with 95 % confidence."""
        return wilson(self.won, self.decided)


def win_rates(user: User) -> list[Against]:
    """Every competitor that was met, who was met most first; two queries."""
    deals = Deal.objects.visible_to(user)
    counted = deals.filter(COUNTED).values("pk")
    lost = Q(deal__status=StageKind.LOST, deal__in=counted)
    rows = (
        DealCompetitor.objects.filter(deal__in=deals.values("pk"))
        .order_by()
        .values("competitor")
        .annotate(
            open=Count("pk", filter=Q(deal__status=StageKind.OPEN)),
            won=Count("pk", filter=Q(deal__status=StageKind.WON)),
            lost=Count("pk", filter=lost),
            lost_to_them=Count("pk", filter=lost & Q(state=DealCompetitor.State.WON)),
        )
    )
    sums = list(rows)
    known = Competitor.objects.in_bulk([row["competitor"] for row in sums])
    found = [
        Against(known[row["competitor"]], row["open"], row["won"], row["lost"], row["lost_to_them"])
        for row in sums
    ]
    return sorted(found, key=lambda one: (-one.decided, -one.open, one.competitor.name))

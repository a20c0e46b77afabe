"""What an offer brought. Every number is made of rows that it opens.

Counted are the people who were given it in the days asked for, whatever they did since. Revenue is what
their deals won from then on within a year, in the base currency, as for campaigns.
"""

from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from capture.selectors.windows import Window
from leadflow.insights import brought
from leadflow.insights.brought import HORIZON
from leadflow.models import Lead, Organisation
from leadflow.offers.models import Offer, OfferGrant
from leadflow.people.models import User


class Figures:
    """One offer as one person may see it, in the days that she asks for."""

    def __init__(self, offer: Offer, user: User, window: Window) -> None:
        self.offer, self.user, self.window = offer, user, window
        self.currency = Organisation.current().base_currency

    @property
    def given(self) -> QuerySet[OfferGrant]:
        """Who got it in these days, and each with her code."""
        days = Q(given_at__gte=self.window.start, given_at__lt=self.window.end)
        return OfferGrant.objects.filter(days, offer=self.offer)

    @property
    def leads(self) -> QuerySet[Lead]:
        """The people who got it, as far as the reader sees them."""
        rows = Lead.objects.visible_to(self.user, "insights.view")
        return rows.filter(pk__in=self.given.filter(lead__isnull=False).values("lead"))

    @property
    def qualified(self) -> QuerySet[Lead]:
        """Of them, who reached MQL or further."""
        return brought.qualified(self.leads)

    @property
    def customers(self) -> QuerySet[Lead]:
        """Of them, who bought."""
        return brought.customers(self.leads)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return brought.counts(self.leads, name="leads") | {"given": self.given.count()}

    @property
    def won(self) -> QuerySet[Any]:
        """Deals that they won within a year of getting it."""
        mine = self.given.filter(lead=OuterRef("lead")).values("given_at")[:1]
        theirs = brought.won_deals(self.user).annotate(got_at=Subquery(mine))
        won: QuerySet[Any] = theirs.filter(
            won_at__gte=F("got_at"), won_at__lt=F("got_at") + HORIZON
        )
        return won

    @cached_property
    def revenue(self) -> Decimal:
        """What those deals brought."""
        return brought.revenue(self.won)

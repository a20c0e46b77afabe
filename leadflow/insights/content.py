"""What the library of content brought. Every number is made of rows that it opens.

Seen: the visits, forms, downloads and mail links by which an item was seen in the days asked for. The
people are those of them who are known: *came by it* are leads whose first known visit began on the item,
and *saw it before* those who saw it before they became a lead; both count whoever became a lead in those
days, whatever she did since. Revenue is what their deals won within a year of that, in the base currency,
as for campaigns.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from capture.selectors.visits import began_before
from capture.selectors.windows import Window
from leadflow.assets import links
from leadflow.assets.models import ContentItem, Reading
from leadflow.insights import brought
from leadflow.insights.brought import HORIZON
from leadflow.models import Campaign, Lead, LeadStage, Organisation
from leadflow.people.models import User
from leadflow.web.filters import MAX_CHOICES, Choices, Named, choices_of


@dataclass(frozen=True, slots=True)
class Line:
    """How many of the readings came one way."""

    name: str
    count: int


class Figures:
    """One item as one person may see it, in the days that she asks for."""

    def __init__(self, item: ContentItem, user: User, window: Window) -> None:
        self.item, self.user, self.window = item, user, window
        self.currency = Organisation.current().base_currency

    # --- seen ---

    @property
    def seen(self) -> QuerySet[Reading]:
        """By what it was seen; whose it was is named where the reader may see her."""
        days = Q(seen_at__gte=self.window.start, seen_at__lt=self.window.end)
        return Reading.objects.filter(days, item=self.item)

    @property
    def landed(self) -> QuerySet[Reading]:
        """The visits that began on it."""
        return self.seen.filter(is_landing=True)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How often it was seen, and how often a visit began there, in one statement."""
        return self.seen.aggregate(seen=Count("pk"), landed=Count("pk", filter=Q(is_landing=True)))

    @property
    def sources(self) -> list[Line]:
        """Where those who saw it came from, the largest first."""
        rows = (
            self.seen.order_by().values("source").annotate(n=Count("pk")).order_by("-n", "source")
        )
        return [Line(row["source"], row["n"]) for row in rows[:12]]

    # --- people ---

    @property
    def readers(self) -> QuerySet[Lead]:
        """Known people who saw it in these days."""
        return self._people().filter(pk__in=self.seen.filter(lead__isnull=False).values("lead"))

    @property
    def came(self) -> QuerySet[Lead]:
        """Leads whose first known visit began on it: the first touch."""
        mine = Reading.objects.filter(
            item=self.item,
            lead=OuterRef("pk"),
            is_landing=True,
            seen_at__lte=OuterRef("created_at"),
        )
        first = mine.filter(~Exists(began_before(OuterRef("lead"), OuterRef("seen_at"))))
        return self._new_leads().filter(Exists(first))

    @property
    def saw(self) -> QuerySet[Lead]:
        """Leads who saw it before they became one; those who came by it among them."""
        before = Reading.objects.filter(
            item=self.item, lead=OuterRef("pk"), seen_at__lte=OuterRef("created_at")
        )
        return self._new_leads().filter(Exists(before))

    @property
    def qualified(self) -> QuerySet[Lead]:
        """Of those who saw it before, who reached MQL or further."""
        return brought.qualified(self.saw)

    @property
    def customers(self) -> QuerySet[Lead]:
        """Of those who saw it before, who bought."""
        return brought.customers(self.saw)

    @cached_property
    def people(self) -> dict[str, int]:
        """How many of each."""
        return brought.counts(self.saw, name="saw") | {
            "came": self.came.count(),
            "readers": self.readers.count(),
        }

    def _people(self) -> QuerySet[Lead]:
        return Lead.objects.visible_to(self.user, "insights.view")

    def _new_leads(self) -> QuerySet[Lead]:
        rows = self._people().exclude(furthest_stage=LeadStage.SUBSCRIBER)
        return rows.filter(created_at__gte=self.window.start, created_at__lt=self.window.end)

    # --- money ---

    @property
    def won(self) -> QuerySet[Any]:
        """Deals won within a year by leads who saw it before they became one."""
        return self._won_by(self.saw)

    @property
    def won_first(self) -> QuerySet[Any]:
        """Deals won within a year by leads who came by it."""
        return self._won_by(self.came)

    def _won_by(self, people: QuerySet[Lead]) -> QuerySet[Any]:
        theirs = brought.won_deals(self.user).filter(lead__in=people.order_by().values("pk"))
        return theirs.filter(won_at__lt=F("lead__created_at") + HORIZON)

    @cached_property
    def revenue(self) -> dict[str, Decimal]:
        """What was won by those who saw it, and of that by those who came by it."""
        return {"saw": brought.revenue(self.won), "came": brought.revenue(self.won_first)}

    # --- what belongs to it ---

    @property
    def links(self) -> QuerySet[Any]:
        """The tracked links that were made for it."""
        return links.counted().filter(content=self.item).order_by("-created_at")


def library() -> QuerySet[ContentItem]:
    """Every item; what stands in the library is nobody's own."""
    return ContentItem.objects.select_related("campaign")


def topics() -> Choices:
    """What the items are about, to narrow by."""
    rows = ContentItem.objects.exclude(topic="").order_by("topic").values_list("topic", flat=True)
    return [(topic, topic) for topic in rows.distinct()[:MAX_CHOICES]]


def campaigns() -> dict[str, Choices]:
    """The campaigns that they can belong to."""
    return choices_of(campaign=Named(Campaign.objects.all()))


def items_of(window: Window) -> QuerySet[ContentItem]:
    """The library with how often each was seen in these days, and by how many known people."""
    days = Q(seen_at__gte=window.start, seen_at__lt=window.end)
    rows = Reading.objects.filter(days, item=OuterRef("pk")).order_by().values("item")
    return library().annotate(
        seen_count=Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0),
        reader_count=Coalesce(
            Subquery(rows.annotate(n=Count("lead", distinct=True)).values("n")), 0
        ),
    )

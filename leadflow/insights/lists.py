"""The rows behind a number: which leads or deals it counts, as a page and as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from leadflow.insights.figures import Figures
from leadflow.insights.kpis import Kpi
from leadflow.insights.measures import LOST
from leadflow.insights.models import Counted
from leadflow.insights.visitor_rows import VISITORS
from leadflow.models import Lead
from leadflow.people.access import within
from leadflow.web.tables import Column, Page, Table
from pipeline import selectors as pipeline

LEADS = Table(
    "insights.leads",
    columns=[
        Column("name", _("Lead"), sort="last_name", always=True),
        Column("company", _("Company"), sort="company__name", nullable=True),
        Column("stage", _("Stage"), sort="stage_since"),
        Column("source", _("Source"), sort="source__name", nullable=True),
        Column("owner", _("Owner"), sort="owner__name", nullable=True),
        Column("created", _("Created"), sort="created_at", align="right"),
    ],
    default_sort="-created",
)
DEALS = Table(
    "insights.deals",
    columns=[
        Column("name", _("Deal"), sort="name", always=True),
        Column("company", _("Company"), sort="company__name", nullable=True),
        Column("owner", _("Owner"), sort="owner__name", nullable=True),
        Column("stage", _("Stage"), sort="stage__name"),
        Column("opened", _("Opened"), sort="opened_at", nullable=True, align="right"),
        Column("won", _("Won"), sort="won_at", nullable=True, align="right"),
        Column("lost", _("Lost"), sort="lost_at", nullable=True, align="right"),
        Column("amount", _("Amount"), sort="base_amount", nullable=True, align="right"),
    ],
    default_sort="-won",
)
CREDITS = Table(
    "insights.credits",
    columns=[
        *DEALS.columns,
        Column("credit", _("Credited"), sort="credit", nullable=True, align="right"),
    ],
    default_sort="-won",
)
TABLES = {"lead": LEADS, "deal": DEALS, "visitor": VISITORS}
_SHOWN = {"lead": ("company", "source", "owner"), "deal": ("company", "owner", "stage")}
EXPORTING = {"lead": "lead.export", "deal": "deal.export", "visitor": "lead.export"}
REASON = "reason-"


def page_of(entity: str, request: HttpRequest, rows: QuerySet[Any]) -> Page:
    """The page of these leads or deals that the request asks for, with all that its lines show."""
    return TABLES[entity].page(request, rows.select_related(*_SHOWN[entity]))


@dataclass(frozen=True, slots=True)
class Behind:
    """The rows of a number that the reader may see, and how many of it are somebody else's by now."""

    rows: QuerySet[Any]
    counted: QuerySet[Any]
    credits: QuerySet[Counted] | None = None  # of revenue: what is credited of each

    @property
    def credited(self) -> Decimal | None:
        """What all that is counted comes to; None where deals are counted whole."""
        return None if self.credits is None else _sum(self.credits)

    @property
    def credited_hidden(self) -> Decimal | None:
        """What of it is of deals that are not shown."""
        if self.credits is None:
            return None
        return _sum(self.credits.exclude(subject_id__in=self.rows.order_by().values("pk")))

    def hidden(self) -> int:
        """How many are counted and not shown: they went to an owner or team outside her scope."""
        return max(self.counted.count() - self.rows.count(), 0)


def _sum(credits: QuerySet[Counted]) -> Decimal:
    return credits.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def table_of(kpi: Kpi, found: Behind) -> Table:
    """How the rows of a number are listed."""
    return TABLES[kpi.entity] if found.credits is None else CREDITS


def rows_behind(kpi: Kpi, figures: Figures, part: str) -> Behind:
    """What a number, or a part of it, counts; plain rows that a page can sort. 404 for another part."""
    counted = _counted(kpi, figures, part).order_by()
    if kpi.entity == "visitor":
        return Behind(counted, counted)
    seen = within(figures.ask.user, "insights.view")
    if kpi.entity == "deal":
        rows = pipeline.deals_by_id(counted.values("pk")).filter(seen)
        rows = rows.select_related("company", "owner", "stage")
        if not (kpi.is_credit and not part):
            return Behind(rows, counted)
        credits = figures.trade.credited()
        hers = credits.filter(subject_id=OuterRef("pk")).values("subject_id")
        summed = hers.annotate(sum=Sum("amount")).values("sum")
        return Behind(rows.annotate(credit=Subquery(summed)), counted, credits)
    leads = Lead.objects.filter(seen, pk__in=counted.values("pk"))
    return Behind(leads.select_related("company", "source", "owner"), counted)


def _counted(kpi: Kpi, figures: Figures, part: str) -> QuerySet[Any]:
    if kpi.key == "lost_deals" and part.startswith(REASON) and part[len(REASON) :].isdigit():
        reason = int(part[len(REASON) :])
        return figures.trade.rows(LOST, where=Q(detail=reason or None))
    if part not in kpi.rows:
        raise Http404
    return kpi.rows_of(figures, part)


HEADS = {
    "lead": ("id", "name", "company", "stage", "source", "owner", "created_at"),
    "deal": (
        "id", "name", "company", "owner", "stage", "status", "opened_at", "qualified_at", "won_at",
        "lost_at", "amount", "currency", "base_amount",
    ),
    "visitor": ("id", "first_seen_at", "source", "landing", "device", "became_at"),
}  # fmt: skip
_RELATED = ("company", "source", "owner")


def heads_of(kpi: Kpi, found: Behind) -> tuple[str, ...]:
    """The columns of the file; of revenue with what is credited of each deal."""
    heads = HEADS[kpi.entity]
    return heads if found.credits is None else (*heads, "credit")


def lines(kpi: Kpi, found: Behind) -> Iterator[list[Any]]:
    """The cells of the file, row by row."""
    heads = heads_of(kpi, found)
    for row in found.rows.order_by("pk").iterator(chunk_size=2_000):
        yield [_cell(row, name) for name in heads]


def _cell(row: Any, name: str) -> Any:
    if name == "stage":
        return str(row.stage)
    value = getattr(row, name)
    return str(value) if name in _RELATED and value else value

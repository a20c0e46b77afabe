"""The rows behind a number: which leads or deals it counts, as a page and as a file."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from leadflow.insights.figures import Figures
from leadflow.insights.kpis import Kpi
from leadflow.models import Lead
from leadflow.web.tables import Column, Table

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
TABLES = {"lead": LEADS, "deal": DEALS}
REASON = "reason-"


def rows_behind(kpi: Kpi, figures: Figures, part: str) -> QuerySet[Any]:
    """What a number, or a part of it, counts; plain rows that a page can sort. 404 for another part."""
    if kpi.key == "lost_deals" and part.startswith(REASON) and part[len(REASON) :].isdigit():
        return _deals(figures, figures.trade.for_reason(int(part[len(REASON) :])))
    if part not in kpi.rows:
        raise Http404
    rows = kpi.rows_of(figures, part)
    return _deals(figures, rows) if kpi.entity == "deal" else _leads(rows)


def _leads(rows: QuerySet[Any]) -> QuerySet[Lead]:
    counted = Lead.objects.filter(pk__in=rows.order_by().values("pk"))
    return counted.select_related("company", "source", "owner")


def _deals(figures: Figures, rows: QuerySet[Any]) -> QuerySet[Any]:
    counted = figures.ask.deals().filter(pk__in=rows.order_by().values("pk"))
    return counted.select_related("company", "owner", "stage")


HEADS = {
    "lead": ("id", "name", "company", "stage", "source", "owner", "created_at"),
    "deal": (
        "id", "name", "company", "owner", "stage", "status", "opened_at", "qualified_at", "won_at",
        "lost_at", "amount", "currency", "base_amount",
    ),
}  # fmt: skip
_RELATED = ("company", "source", "owner")


def lines(kpi: Kpi, rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """The cells of the file, row by row."""
    for row in rows.order_by("pk").iterator(chunk_size=2_000):
        yield [_cell(row, name) for name in HEADS[kpi.entity]]


def _cell(row: Any, name: str) -> Any:
    if name == "stage":
        return str(row.stage)
    value = getattr(row, name)
    return str(value) if name in _RELATED and value else value

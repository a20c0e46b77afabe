"""The pages of the library of content: the list, one item with what it brought, and the rows behind."""

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from capture.selectors.windows import RANGES, Window, window_of
from leadflow.assets.models import ContentItem
from leadflow.insights import content, lists
from leadflow.kit.clock import now
from leadflow.models import BuyerStage, FunnelPosition, Lead
from leadflow.people.access import allowed
from leadflow.services import hosts
from leadflow.web.filters import Filter, FilterSet
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from leadflow.web.tables import Column, Table

ITEMS = Table(
    "insights.content",
    columns=[
        Column("title", _("Title"), sort="title", always=True),
        Column("kind", _("Type"), sort="kind"),
        Column("topic", _("Topic"), sort="topic"),
        Column("stage", _("Buyer stage"), sort="buyer_stage"),
        Column("funnel", _("Funnel"), sort="funnel_position", default=False),
        Column("campaign", _("Campaign"), sort="campaign__name", nullable=True, default=False),
        Column("seen", _("Seen"), sort="seen_count", align="right"),
        Column("readers", _("Known people"), sort="reader_count", align="right"),
        Column("added", _("Added"), sort="created_at", align="right", default=False),
    ],
    default_sort="-seen",
)
READINGS = Table(
    "insights.readings",
    columns=[
        Column("when", _("When"), sort="seen_at", always=True),
        Column("who", _("Who")),
        Column("how", _("How"), sort="how"),
        Column("source", _("Came from"), sort="source"),
    ],
    default_sort="-when",
)
# Which rows stand behind a number, and what they are called.
PARTS: dict[str, tuple[str, Any]] = {
    "seen": ("reading", _("Seen")),
    "landed": ("reading", _("Visits that began here")),
    "readers": ("lead", _("Known people who saw it")),
    "came": ("lead", _("Leads who came by it")),
    "saw": ("lead", _("Leads who saw it before")),
    "qualified": ("lead", _("Qualified leads")),
    "customers": ("lead", _("Customers")),
    "won": ("deal", _("Won deals of those who saw it")),
    "won_first": ("deal", _("Won deals of those who came by it")),
}


def _search(values: list[str]) -> Q:
    found = Q()
    for word in values[0].split()[:5]:
        found &= Q(title__icontains=word) | Q(topic__icontains=word) | Q(url__icontains=word)
    return found


FILTERS = FilterSet(
    [
        Filter("kind", _("Type"), "kind__in", lambda: ContentItem.Kind.choices, icon="file-text"),
        Filter("topic", _("Topic"), "topic__in", content.topics, icon="tag"),
        Filter("stage", _("Buyer stage"), "buyer_stage__in", lambda: BuyerStage.choices),
        Filter(
            "funnel", _("Funnel position"), "funnel_position__in", lambda: FunnelPosition.choices
        ),
        Filter("campaign", _("Campaign"), "campaign__in", icon="target"),
        Filter("q", _("Search"), build=_search, icon="search"),
    ],
    together=content.campaigns,
)


@access("insights.view")
@require_safe
def content_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """The library, as the URL filters and sorts it; archived items on request."""
    window, applied = window_of(request.GET), FILTERS.read(request)
    rows = content.items_of(window).filter(is_archived="archived" in request.GET)
    page = ITEMS.page(request, applied.narrow(rows))
    context = {
        "page": page,
        "applied": applied,
        "window": window,
        "is_empty": not page.rows and not applied.chips and "archived" not in request.GET,
        "may_edit": allowed(request.user, "source.edit"),
    }
    return render(request, "insights/content.html", context)


@access("insights.view")
@require_safe
def content_item(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What an item is for, who saw it in these days, and what came of that."""
    item = get_object_or_404(content.library(), pk=pk)
    window = window_of(request.GET)
    figures = content.Figures(item, request.user, window)
    context = {
        "item": item,
        "figures": figures,
        "links": figures.links[:50],
        "files": item.files.order_by("name")[:50],
        "base": hosts.base_url(),
        "may_edit": allowed(request.user, "source.edit"),
        "may_link": allowed(request.user, "form.edit"),
        **_days(window),
    }
    return render(request, "insights/content_item.html", context)


def _days(window: Window) -> dict[str, Any]:
    return {"window": window, "ranges": RANGES, "days": window.days, "today": now().date()}


@access("insights.view")
@require_safe
def content_rows(request: HtmxHttpRequest, pk: int, part: str) -> HttpResponseBase:
    """The visits, people or deals behind a number of an item."""
    item = get_object_or_404(ContentItem, pk=pk)
    if part not in PARTS:
        raise Http404
    entity, label = PARTS[part]
    window = window_of(request.GET)
    rows = getattr(content.Figures(item, request.user, window), part)
    if entity == "reading":
        page = READINGS.page(request, _named(request, rows))
    else:
        page = lists.page_of(entity, request, rows)
    context = {"item": item, "entity": entity, "label": label, "page": page, "window": window}
    return render(request, "insights/content_rows.html", context)


def _named(request: HtmxHttpRequest, rows: Any) -> Any:
    """Readings with the person, where the reader may see her."""
    mine = Lead.objects.visible_to(request.user, "insights.view").filter(pk=OuterRef("lead"))
    source = request.GET.get("source")
    if source is not None:
        rows = rows.filter(source=source)
    found = rows.select_related("lead").annotate(is_mine=Exists(mine.order_by()))
    return found.defer("lead__search_text")

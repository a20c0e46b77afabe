"""The page of an offer: how many got it, and what came of it."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from capture.selectors import forms_of
from capture.selectors.windows import RANGES, window_of
from leadflow.insights import lists, offers
from leadflow.kit.clock import now
from leadflow.models import Lead
from leadflow.offers.models import Offer
from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from leadflow.web.tables import Column, Table

GRANTS = Table(
    "insights.grants",
    columns=[
        Column("given", _("Given"), sort="given_at", always=True),
        Column("who", _("To whom")),
        Column("code", _("Code")),
    ],
    default_sort="-given",
)
# Which rows stand behind a number, and what they are called.
PARTS: dict[str, tuple[str, Any]] = {
    "given": ("grant", _("Given")),
    "leads": ("lead", _("People who got it")),
    "qualified": ("lead", _("Qualified leads")),
    "customers": ("lead", _("Customers")),
    "won": ("deal", _("Won deals")),
}


@access("insights.view")
@require_safe
def offer(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What is offered, until when, how many got it in these days, and what came of it."""
    row = get_object_or_404(Offer, pk=pk)
    window = window_of(request.GET)
    context = {
        "offer": row,
        "figures": offers.Figures(row, request.user, window),
        "holds": row.holds_at(now()) and row.left != 0,
        "forms": forms_of(request.user).filter(offer=row)[:50],
        "may_edit": allowed(request.user, "source.edit"),
        "window": window,
        "ranges": RANGES,
        "days": window.days,
        "today": now().date(),
    }
    return render(request, "insights/offer.html", context)


@access("insights.view")
@require_safe
def offer_rows(request: HtmxHttpRequest, pk: int, part: str) -> HttpResponseBase:
    """The grants, people or deals behind a number of an offer."""
    row = get_object_or_404(Offer, pk=pk)
    if part not in PARTS:
        raise Http404
    entity, label = PARTS[part]
    window = window_of(request.GET)
    rows: Any = getattr(offers.Figures(row, request.user, window), part)
    if entity == "grant":
        mine = Lead.objects.visible_to(request.user, "insights.view").filter(pk=OuterRef("lead"))
        rows = rows.select_related("lead", "offer").annotate(is_mine=Exists(mine.order_by()))
        page = GRANTS.page(request, rows)
    else:
        page = lists.page_of(entity, request, rows)
    context = {
        "offer": row, "entity": entity, "label": label, "page": page, "window": window,
        "sees_contacts": allowed(request.user, "lead.contact_fields"),
    }  # fmt: skip
    return render(request, "insights/offer_rows.html", context)

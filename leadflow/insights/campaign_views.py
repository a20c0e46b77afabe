"""The pages of campaigns, and the calendar of marketing."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from capture.selectors import forms_of
from capture.selectors.occasions import occasions_of
from capture.selectors.pages import pages_of
from leadflow.insights import campaigns, lists
from leadflow.insights.marketing_calendar import month_of
from leadflow.kit.clock import now
from leadflow.models import Campaign, Organisation
from leadflow.people.access import allowed
from leadflow.segments.models import Segment
from leadflow.segments.selectors import members
from leadflow.services import hosts
from leadflow.services.campaigns import add_people
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.tables import Column, Table

CAMPAIGNS = Table(
    "insights.campaigns",
    columns=[
        Column("name", gettext_lazy("Campaign"), sort="name", always=True),
        Column("owner", gettext_lazy("Owner"), sort="owner__name", nullable=True),
        Column("starts", gettext_lazy("From"), sort="starts_on", nullable=True),
        Column("ends", gettext_lazy("Until"), sort="ends_on", nullable=True),
        Column("leads", gettext_lazy("Leads"), sort="lead_count", align="right"),
        Column("spend", gettext_lazy("Spend"), align="right"),
    ],
    default_sort="-starts",
)
# Which rows stand behind a number, and what they are called.
PARTS: dict[str, tuple[str, Any]] = {
    "leads": ("lead", gettext_lazy("Leads")),
    "members": ("lead", gettext_lazy("Members")),
    "qualified": ("lead", gettext_lazy("Qualified leads")),
    "customers": ("lead", gettext_lazy("Customers")),
    "won": ("deal", gettext_lazy("Won deals")),
    "sourced": ("deal", gettext_lazy("Deals it sourced")),
    "sourced_won": ("deal", gettext_lazy("Won deals it sourced")),
    "influenced": ("deal", gettext_lazy("Won deals it influenced")),
}


@access("insights.view")
@require_safe
def campaign_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every campaign with its leads and its spend; archived ones on request."""
    rows = campaigns.campaigns_of(request.user)
    if "archived" not in request.GET:
        rows = rows.filter(is_archived=False)
    page = CAMPAIGNS.page(request, rows)
    spent = campaigns.table(list(page.rows))
    context = {
        "page": page,
        "lines": [(row, *spent.get(row.pk, (None, 0))) for row in page.rows],
        "currency": Organisation.current().base_currency,
        "may_edit": allowed(request.user, "source.edit"),
        "at": now(),
    }
    return render(request, "insights/campaigns.html", context)


@access("insights.view")
@require_safe
def campaign(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What a campaign is for, what belongs to it, what it cost and brought."""
    row = get_object_or_404(campaigns.campaigns_of(request.user), pk=pk)
    figures = campaigns.Figures(row, request.user)
    context = {
        "campaign": row,
        "figures": figures,
        "forms": forms_of(request.user).filter(campaign=row)[:50],
        "pages": pages_of(request.user).filter(campaign=row)[:50],
        "occasions": occasions_of(request.user).filter(campaign=row).order_by("-starts_at")[:50],
        "links": figures.links[:50],
        "sequences": figures.sequences[:50],
        "broadcasts": figures.broadcasts[:50],
        "entries": figures.entries[:50] if figures.is_whole else [],
        "segments": Segment.objects.living().order_by("name")[:200],
        "base": hosts.base_url(),
        "may_edit": allowed(request.user, "source.edit"),
        "may_spend": allowed(request.user, "spend.edit"),
        "today": now().date(),
    }
    return render(request, "insights/campaign.html", context)


@access("insights.view")
@require_safe
def campaign_rows(request: HtmxHttpRequest, pk: int, part: str) -> HttpResponseBase:
    """The people or deals behind a number of a campaign."""
    row = get_object_or_404(Campaign, pk=pk)
    if part not in PARTS:
        raise Http404
    entity, label = PARTS[part]
    found = getattr(campaigns.Figures(row, request.user), part)
    page = lists.page_of(entity, request, found)
    context = {"campaign": row, "entity": entity, "label": label, "page": page}
    return render(request, "insights/campaign_rows.html", context)


@access("source.edit")
@require_POST
def campaign_add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Make the people of a segment members."""
    row = get_object_or_404(Campaign, pk=pk)
    told = request.POST.get("segment", "")
    segment = Segment.objects.living().filter(pk=int(told)).first() if told.isdigit() else None
    url = reverse("insights:campaign", args=[pk])
    if segment is None:
        messages.error(request, _("Choose a segment first."))
        return redirect(request, url)
    ids = members(segment, request.user).values_list("lead_id", flat=True)
    label = _("Added: %(segment)s") % {"segment": segment.name}
    added = add_people(campaign=row, lead_ids=ids, label=label, by=request.user)
    messages.success(request, _("%(n)d people are members now who were not.") % {"n": added})
    return redirect(request, url)


@access("insights.view")
@require_safe
def marketing_calendar(request: HtmxHttpRequest) -> HttpResponseBase:
    """What opens, closes, is sent and ends in a month."""
    context = {
        "calendar": month_of(request.user, request.GET.get("month", "")),
        "may_edit": allowed(request.user, "source.edit"),
    }
    return render(request, "insights/calendar.html", context)

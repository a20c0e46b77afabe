"""The library as sales uses it, and what was given to customers of it."""

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from leadflow.assets.models import ContentItem
from leadflow.kit import clock
from leadflow.models import BuyerStage, Lead, Seniority
from leadflow.people.access import allowed, reaches
from leadflow.web.filters import Filter, FilterSet
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, render_part
from leadflow.web.tables import Column, Table
from pipeline.forms.sharing import ShareForm
from pipeline.models import Deal, Share
from pipeline.selectors import collateral, outcomes
from pipeline.selectors.alike import ENOUGH
from pipeline.services import sharing
from pipeline.views.board import number, sent
from pipeline.views.deals import find

# --- the library ----------------------------------------------------------------------------------

ITEMS = Table(
    "pipeline.collateral",
    columns=[
        Column("title", lazy("Title"), sort="title", always=True),
        Column("kind", lazy("Type"), sort="kind"),
        Column("stage", lazy("Buyer stage"), sort="buyer_stage"),
        Column("whom", lazy("For whom")),
        Column("answers", lazy("Answers")),
        Column("shared", lazy("Shared"), align="right"),
        Column("opened", lazy("Opened"), align="right"),
        Column("won", lazy("Won"), align="right"),
    ],
    default_sort="title",
)
ROWS = Table(
    "pipeline.shares",
    columns=[
        Column("when", lazy("Shared"), sort="at", always=True),
        Column("on", lazy("Deal or person")),
        Column("by", lazy("By")),
        Column("opened", lazy("Opened")),
    ],
    default_sort="-when",
)
DEALS = Table(
    "pipeline.share_deals",
    columns=[
        Column("deal", lazy("Deal"), sort="name", always=True),
        Column("company", lazy("Company")),
        Column("owner", lazy("Owner")),
        Column("stage", lazy("Stage")),
        Column("amount", lazy("Amount"), align="right"),
    ],
    default_sort="deal",
)
LABELS: dict[str, str | Promise] = {
    "shared": lazy("Shared"),
    "opened": lazy("Opened"),
    "closed": lazy("Closed deals"),
    "won": lazy("Won deals"),
}


def _search(values: list[str]) -> Q:
    found = Q()
    for word in values[0].split()[:5]:
        found &= Q(title__icontains=word) | Q(topic__icontains=word) | Q(use_when__icontains=word)
    return found


def _for_whom(values: list[str]) -> Q:
    """For one of these, or for everybody."""
    found = Q(personas=[])
    for value in values:
        found |= Q(personas__contains=[value])
    return found


FILTERS = FilterSet(
    [
        Filter(
            "kind", lazy("Type"), "kind__in", lambda: ContentItem.Kind.choices, icon="file-text"
        ),
        Filter("stage", lazy("Buyer stage"), "buyer_stage__in", lambda: BuyerStage.choices),
        Filter("whom", lazy("For whom"), choices=lambda: Seniority.choices, build=_for_whom),
        Filter("answers", lazy("Answers"), choices=collateral.kinds, build=collateral.answering),
        Filter("q", lazy("Search"), build=_search, icon="search"),
    ]
)


@require_safe
@access("deal.view")
def library(request: HtmxHttpRequest) -> HttpResponse:
    """What sales can use and show, narrowed by the URL, with what came of sharing it."""
    applied = FILTERS.read(request)
    page = ITEMS.page(request, applied.narrow(collateral.items()))
    told, answers = collateral.usage(clock.now()), collateral.objections_of(page.rows)
    context = {
        "page": page,
        "applied": applied,
        "lines": [
            (row, told.get(row.pk, collateral.Usage()), answers.get(row.pk, []))
            for row in page.rows
        ],
        "is_empty": not page.rows and not applied.chips,
        "enough": ENOUGH,
        "may_edit": allowed(request.user, "source.edit"),
    }
    return render(request, "pipeline/collateral.html", context)


@require_safe
@access("deal.view")
def behind(request: HtmxHttpRequest, pk: int, part: str) -> HttpResponse:
    """The shares or deals behind a number of an item."""
    item = get_object_or_404(ContentItem, pk=pk)
    if part not in collateral.PARTS:
        raise Http404
    rows, hidden = collateral.behind(request.user, clock.now(), item=item.pk, part=part)
    of_deals = part in outcomes.OF_DEALS
    context: dict[str, Any] = {
        "item": item,
        "label": LABELS[part],
        "of_deals": of_deals,
        "hidden": hidden,
        "page": (DEALS if of_deals else ROWS).page(request, rows),
    }
    return render(request, "pipeline/share_rows.html", context)


# --- on a record ----------------------------------------------------------------------------------


@require_safe
@access("deal.view")
def of_deal(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What was shared on a deal; a part of its page."""
    found = find(request, pk)
    context = {
        "rows": collateral.of_deal(found, clock.now()),
        "add_url": reverse("pipeline:share-on-deal", args=[found.pk]),
        "can_add": reaches(request.user, "deal.edit", found),
        "on": found,
    }
    return render_part(request, "pipeline/shares.html", "part", context)


@require_safe
@access("deal.view")
def of_lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What was shared with a person; a part of her page."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    context = {
        "rows": collateral.of_lead(lead, request.user, clock.now()),
        "add_url": reverse("pipeline:share-with-lead", args=[lead.pk]),
        "can_add": reaches(request.user, "deal.edit", lead),
        "on": lead,
    }
    return render_part(request, "pipeline/shares.html", "part", context)


@access("deal.edit")
def on_deal(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Share something on a deal."""
    return given(request, find(request, pk, "deal.edit"), "pipeline:shares-of-deal")


@access("deal.edit")
def with_lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Share something with a person, before there is a deal."""
    rows = Lead.objects.visible_to(request.user, "deal.edit")
    return given(request, get_object_or_404(rows, pk=pk), "pipeline:shares-of-lead")


def given(request: HtmxHttpRequest, on: Deal | Lead, then: str) -> HttpResponse:
    """Ask what and for how long; then show the link to copy."""
    known = {"item": number(request.GET.get("item")) or ""}
    form = ShareForm(sent(request), on=on, initial=known)
    is_good = form.is_bound and form.is_valid()
    if is_good and form.attempt(
        lambda: sharing.share(
            on, item=form.chosen, days=form.cleaned_data["days"], by=request.user
        )
    ):  # fmt: skip
        words = _("Shared: %(what)s. Copy the link and send it.") % {"what": form.result}
        return done(request, words, back=reverse(then, args=[on.pk]))
    return render(request, "pipeline/share.html", {"form": form, "on": on}, status=form.status)


@require_POST
@access("deal.edit")
def end(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """End a link before its time."""
    rows = Share.objects.visible_to(request.user, "deal.edit")
    row = get_object_or_404(rows.select_related("deal", "lead", "link", "grant"), pk=pk)
    sharing.end(row)
    back = row.deal or row.lead
    return done(request, _("The link has ended"), back=back.get_absolute_url() if back else "/")

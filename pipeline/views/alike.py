"""The deals behind what is told of others like a lead or a company."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from leadflow.models import Company, Lead
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from leadflow.web.tables import Column, Look, Table
from pipeline.selectors import alike
from pipeline.views import cells

LABELS = {
    "closed": lazy("Closed deals"),
    "won": lazy("Won deals"),
    "amount": lazy("Won deals with an amount"),
    "cycle": lazy("Won deals with both days"),
}
SHARED = {
    "industry": lazy("Industry"),
    "size": lazy("Employees"),
    "country": lazy("Country"),
    "source": lazy("Source"),
}
DEALS = Table(
    "pipeline.alike",
    columns=[
        Column("name", lazy("Deal"), sort="name", always=True, cell=cells.name),
        Column("company", lazy("Company"), cell=cells.company),
        Column(
            "amount",
            lazy("Amount"),
            sort="amount",
            nullable=True,
            align="right",
            cell=cells.amount,
        ),
        Column("opened", lazy("Opened"), sort="opened_at", nullable=True, cell=cells.opened),
        Column("won", lazy("Won"), sort="won_at", nullable=True, cell=cells.won),
        Column("lost", lazy("Lost"), sort="lost_at", nullable=True, cell=cells.lost),
        Column("owner", lazy("Owner"), cell=cells.owner),
        Column("created", lazy("Added"), sort="created_at", default=False, cell=cells.created),
    ],
    default_sort="-created",
)


@require_safe
@access("deal.view")
def behind(request: HtmxHttpRequest, kind: str, pk: int, shared: str, part: str) -> HttpResponse:
    """The deals of others who share something; `?item=` keeps those on which a piece was shared."""
    about = _about(request, kind, pk)
    item = request.GET.get("item", "")
    number = int(item) if item.isdecimal() and len(item) < 19 else None
    found = alike.behind(request.user, about, shared=shared, part=part, item=number)
    if found is None:
        raise Http404
    trait, rows, hidden = found
    page = DEALS.page(request, rows)
    context = {
        "about": about,
        "label": LABELS[part],
        "trait": SHARED[trait.key],
        "value": trait.value,
        "hidden": hidden,
        "page": page,
        "body": page.drawn(Look()),
    }
    return render(request, "pipeline/alike.html", context)


def _about(request: HtmxHttpRequest, kind: str, pk: int) -> Lead | Company:
    if kind == "lead":
        rows = Lead.objects.visible_to(request.user).select_related("company", "source")
        return get_object_or_404(rows, pk=pk)
    if kind == "company":
        return get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    raise Http404

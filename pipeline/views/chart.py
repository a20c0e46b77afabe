"""Deals as a chart: bars by what one asks, a table beside them, and each bar opens its deals."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.web import board as kanban
from leadflow.web.charts import Chart, Series
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from leadflow.web.templatetags.formats import money, number
from pipeline.selectors import grouping
from pipeline.selectors.grouping import Group
from pipeline.views import asking, listing

BY = {
    "stage": lazy("Stage"), "owner": lazy("Owner"), "credit": lazy("Credit"), "source": lazy("Source"),
    "status": lazy("Status"), "kind": lazy("Kind"), "reason": lazy("Lost because"),
    "opened": lazy("Month opened"), "closes": lazy("Month of close"),
    "won": lazy("Month won"), "lost": lazy("Month lost"),
}  # fmt: skip
OF = {"deals": lazy("Number of deals"), "amount": lazy("Amount"), "weighted": lazy("Weighted")}
# the filter of the list that leaves the deals of one bar
FILTERS = {"opened": "opened_in", "closes": "closes_in", "won": "won_in", "lost": "lost_in"}


@access("deal.view")
def chart(request: HtmxHttpRequest) -> HttpResponse:
    """`?by=owner&of=amount` over the deals that filters, rule and views leave."""
    by = request.GET.get("by", "") if request.GET.get("by", "") in BY else "stage"
    of = request.GET.get("of", "") if request.GET.get("of", "") in OF else "deals"
    rows, applied, rule = listing.narrowed(request, listing.rows_of(request.user))
    found = grouping.groups(
        rows.select_related(None), by, nothing=_("Not told"), rest=_("All others")
    )
    currency = request.organisation.base_currency
    context = {
        "applied": applied,
        "rule": rule,
        "by": by,
        "of": of,
        "title": _("%(of)s by %(by)s") % {"of": OF[of], "by": str(BY[by]).lower()},
        "chart": drawn(found, by, of, currency),
        "rows": [(label_of(one, by), one, url_of(request, one, by), currency) for one in found],
        "bys": [(kanban.state_of(request, by=key), label, key) for key, label in BY.items()],
        "ofs": [(kanban.state_of(request, of=key), label, key) for key, label in OF.items()],
        "by_label": BY[by],
        "is_month": grouping.DIMENSIONS[by].is_month,
        "state": kanban.state_of(request, by=None, of=None),
    } | asking.views_of(request, asking.standard_tabs(request.user))
    return render(request, "pipeline/chart.html", context)


def drawn(found: Sequence[Group], by: str, of: str, currency: str) -> Chart:
    """The bars; money is written with its currency, and a sum that nobody told is a gap."""
    values = [getattr(one, of) for one in found]

    def write(value: Any) -> str:
        if value is None:
            return _("no amount")
        return number(value) if of == "deals" else money(value, currency)

    labels = [label_of(one, by) for one in found]
    return Chart(labels, [Series(OF[of], values)], x_label=BY[by], write=write)


def label_of(one: Group, by: str) -> str:
    """A month in words, anything else by its name."""
    if grouping.DIMENSIONS[by].is_month:
        return date_format(one.key, "M Y")
    return one.label


def url_of(request: HtmxHttpRequest, one: Group, by: str) -> str:
    """The list of the deals of a bar; nowhere for those that the list cannot be asked for."""
    if one.key is None:
        return ""
    value = f"{one.key:%Y-%m}" if by in FILTERS else str(one.key)
    key = FILTERS.get(by, by)
    changed = {"by": None, "of": None, key: value}
    return reverse("pipeline:list") + kanban.state_of(request, **changed)

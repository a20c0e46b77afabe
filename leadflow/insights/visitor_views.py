"""The page of visitors who became a lead, split by how they came, and the visitors of each line."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from leadflow.insights import state, visiting
from leadflow.insights.dashboard import rows_url
from leadflow.insights.figures import Figures
from leadflow.insights.kpis import KPIS
from leadflow.insights.values import Value
from leadflow.insights.visitor_rows import VISITORS, Visitors
from leadflow.insights.wording import Delta, delta, figure, note
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

_KPI = KPIS["visitor_rate"]


def _shown(value: Value, before: Value | None, urls: tuple[str, str]) -> dict[str, Any]:
    return {
        "value": value,
        "figure": figure(value.number, "share"),
        "note": note(_KPI, value, ""),
        "delta": delta(_KPI, value, before) if before else Delta(),
        "before": figure(before.number, "share") if before else "",
        "became_url": urls[0],
        "all_url": urls[1],
    }


def _urls(asked: state.State, by: str, value: str) -> tuple[str, str]:
    told = {"by": by, "value": value}
    base = reverse("insights:visitor-rows")
    parts = (urlencode({**told, "became": "1"}), urlencode(told))
    scope = f"{asked.scope}&" if asked.scope else ""
    return f"{base}?{scope}{parts[0]}", f"{base}?{scope}{parts[1]}"


@access("insights.view")
@require_safe
def report(request: HtmxHttpRequest) -> HttpResponseBase:
    """The rate of all, of each source, first page, form and device, and of those who did not agree."""
    asked = state.read(request)
    before = asked.ask.over(asked.before) if asked.before else None
    whole = _KPI.compute(Figures(asked.ask))
    was = _KPI.compute(Figures(before)) if before else None
    urls = (rows_url(_KPI.key, asked), rows_url(_KPI.key, asked, part="all"))
    guess = visiting.estimate(asked.ask)
    context = {
        "state": asked,
        "kpi": _KPI,
        "whole": _shown(whole, was, urls),
        "left_out": [(one, rows_url(_KPI.key, asked, part=one.part)) for one in whole.left_out],
        "splits": [
            (split, [(line, _shown(line.rate, line.before, _urls(asked, split.key, line.value)))
                     for line in split.lines])
            for split in visiting.splits(asked.ask, before)
        ],
        "guess": guess,
        "guess_figure": figure(guess.rate.number, "share"),
        "unknown_url": rows_url(_KPI.key, asked, part="unknown"),
    }  # fmt: skip
    return render(request, "insights/visitors.html", context)


@access("insights.view")
@require_safe
def rows(request: HtmxHttpRequest) -> HttpResponseBase:
    """The visitors of a line; who became a lead is named to whoever may see her."""
    asked = state.read(request)
    found = visiting.rows(
        asked.ask, by=request.GET.get("by", ""), value=request.GET.get("value", ""),
        became=request.GET.get("became") == "1",
    )  # fmt: skip
    page = VISITORS.page(request, found)
    context = {
        "state": asked,
        "kpi": _KPI,
        "page": page,
        "body": page.drawn(Visitors.of(page.rows, request.user)),
    }
    return render(request, "insights/visitor_rows.html", context)

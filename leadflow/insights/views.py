"""The pages of the numbers."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.insights import lists, rollups, spending, state
from leadflow.insights.dashboard import Dashboard, source_table
from leadflow.insights.figures import Figures
from leadflow.insights.forms import SpendFileForm, SpendForm
from leadflow.insights.kpis import KPIS, Kpi
from leadflow.insights.visitor_rows import Visitors
from leadflow.kit.remembering import remembering
from leadflow.models import SpendEntry
from leadflow.people.access import Scope, allowed, require, scope_of
from leadflow.web import csv
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect


@access("insights.view")
@remembering()
def dashboard(request: HtmxHttpRequest) -> HttpResponseBase:
    """The numbers of a range, beside those of another."""
    asked = state.read(request)
    board = Dashboard(asked)
    context = {
        "state": asked,
        "board": board,
        "as_of": asked.ask.at,
        "owners": people_menu(asked, "owner", state.owners_for(request.user)),
        "teams": people_menu(asked, "team", state.teams_for(request.user)),
        "may_spend": allowed(request.user, "spend.edit"),
        "is_counting": board.is_counting,
    }
    if board.is_empty:
        return render(request, "insights/empty.html", context)
    reasons, longest = board.reasons()
    context |= {
        "tiles": board.tiles(),
        "more": board.more(),
        "funnel": board.funnel(),
        "sources": board.sources(),
        "velocity": board.velocity(),
        "reasons": reasons,
        "longest": longest,
        "chart": board.chart(),
        "drawer": board.drawer(),
    }
    return render(request, "insights/dashboard.html", context)


def people_menu(asked: state.State, name: str, rows: QuerySet[Any]) -> dict[str, object]:
    """The menu of the bar that narrows to one owner or team."""
    chosen = getattr(asked.ask, name)
    choices = [
        state.Choice(one.name, asked.url(**{name: one.pk}), one.pk == chosen) for one in rows[:200]
    ]
    current = next((one.label for one in choices if one.is_current), "")
    return {"choices": choices, "current": current, "clear_url": asked.url(**{name: None})}


def kpi_or_404(key: str) -> Kpi:
    """One of the register."""
    if key not in KPIS:
        raise Http404
    return KPIS[key]


@access("insights.view")
def rows(request: HtmxHttpRequest, key: str) -> HttpResponseBase:
    """The leads or deals behind a number."""
    kpi, asked = kpi_or_404(key), state.read(request)
    found = lists.rows_behind(kpi, Figures(asked.ask), request.GET.get("part", ""))
    page = lists.table_of(kpi, found).page(request, found.rows)
    is_whole = scope_of(request.user, "insights.view") == Scope.ALL
    context = {
        "kpi": kpi,
        "state": asked,
        "is_counting": not rollups.is_ready(),
        "part": request.GET.get("part", ""),
        "page": page,
        "hidden": 0 if is_whole else found.hidden(),
        "credited": found.credited,
        "credited_hidden": found.credited_hidden,
        "currency": asked.ask.organisation.base_currency,
        "body": page.drawn(Visitors.of(page.rows, request.user)) if kpi.entity == "visitor" else "",
        "may_export": allowed(request.user, lists.EXPORTING[kpi.entity]),
        "query": request.GET.urlencode(),
    }
    return render(request, "insights/rows.html", context)


@require_POST
@access("insights.view")
def export(request: HtmxHttpRequest, key: str) -> HttpResponseBase:
    """The same rows as a file; a matter of record."""
    kpi, asked = kpi_or_404(key), state.read(request)
    require(request.user, lists.EXPORTING[kpi.entity])
    found = lists.rows_behind(kpi, Figures(asked.ask), request.GET.get("part", ""))
    with transaction.atomic():
        told = {"what": f"{kpi.entity}s", "rows": found.rows.order_by().count()}
        record(Kind.DATA_EXPORTED, by=request.user, data=told)
    return csv.export(kpi.key, lists.heads_of(kpi, found), lists.lines(kpi, found))


@access("insights.view")
def sources(request: HtmxHttpRequest) -> HttpResponseBase:
    """Leads and cost by source, and what was entered as spent."""
    asked = state.read(request)
    figures = Figures(asked.ask)
    page = Paginator(spending.entered(), 50)
    context = {
        "state": asked,
        "sources": source_table(figures, asked),
        "entries": page.get_page(request.GET.get("page")) if asked.ask.is_whole else None,
        "may_spend": allowed(request.user, "spend.edit"),
        "may_heard": allowed(request.user, "answer.view"),
    }
    return render(request, "insights/sources.html", context)


@access("spend.edit")
def spend_edit(request: HtmxHttpRequest, pk: int | None = None) -> HttpResponseBase:
    """Enter what was spent, or correct it."""
    entry = get_object_or_404(SpendEntry, pk=pk) if pk else None
    form = SpendForm(request.POST or None, instance=entry)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: spending.enter(form.spend(), by=request.user, entry=entry))
    ):
        if form.result.rate is None:
            messages.warning(
                request,
                _("Saved, but there is no rate for %(code)s on that day: it is left out of sums.")
                % {"code": form.result.currency},
            )
        else:
            messages.success(request, _("Saved"))
        return redirect(request, "/sources/#spend")
    context = {"form": form, "entry": entry}
    return render(request, "insights/spend.html", context, status=form.status)


@require_POST
@access("spend.edit")
def spend_remove(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take an entry out."""
    spending.remove(get_object_or_404(SpendEntry, pk=pk))
    messages.success(request, _("Deleted"))
    return redirect(request, "/sources/#spend")


@access("spend.edit")
def spend_file(request: HtmxHttpRequest) -> HttpResponseBase:
    """Enter many lines at once, all or none."""
    form = SpendFileForm(request.POST or None, request.FILES or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: spending.take_in(form.cleaned_data["text"], by=request.user))
    ):
        words = _("%(added)s entered, %(known)s were there already")
        messages.success(request, words % {"added": form.result.added, "known": form.result.known})
        return redirect(request, "/sources/#spend")
    return render(request, "insights/spend_file.html", {"form": form}, status=form.status)

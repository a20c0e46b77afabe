"""Competitors: on a deal, and how often we win against each."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect
from leadflow.web.templatetags.formats import percent
from pipeline.forms.rivals import RivalForm
from pipeline.models import Deal, DealCompetitor
from pipeline.selectors import rivals as reading
from pipeline.services import rivals
from pipeline.views.deals import find, page_with


@require_POST
@access("deal.edit")
def add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Say that a competitor is in the race for a deal."""
    found = find(request, pk, "deal.edit")
    form = RivalForm(request.POST, deal=found, prefix="rival")
    if form.is_valid() and form.attempt(lambda: noted(form, found, request)):
        return redirect(request, f"{found.get_absolute_url()}#competitors")
    return page_with(request, found, {"rival_form": form})


def noted(form: RivalForm, found: Deal, request: HtmxHttpRequest) -> DealCompetitor:
    """The competitor of the list, or of that name."""
    competitor = form.cleaned_data.get("rival")
    if competitor is None:
        competitor = next(iter(rivals.named([form.cleaned_data["name"]]).values()))
    return rivals.note(deal=found, competitor=competitor, by=request.user)


@require_POST
@access("deal.edit")
def change(request: HtmxHttpRequest, pk: int, competitor: int) -> HttpResponse:
    """Say where a competitor stands now, or that they never took part."""
    found = find(request, pk, "deal.edit")
    row = get_object_or_404(reading.of_deal(found), competitor=competitor)
    back = f"{found.get_absolute_url()}#competitors"
    state = request.POST.get("state", "")
    if state:
        rivals.note(deal=found, competitor=row.competitor, state=state, by=request.user)
        return redirect(request, back)
    rivals.drop(deal=found, competitor=row.competitor, by=request.user)
    words = _("%(who)s does not take part in this deal") % {"who": row.competitor.name}
    return done(request, words, back=back)


@access("deal.view")
def win_rates(request: HtmxHttpRequest) -> HttpResponse:
    """How often we win against each competitor; each number opens its deals."""
    rows = [shown(one) for one in reading.win_rates(request.user)]
    return render(request, "pipeline/competitors.html", {"rows": rows})


def shown(one: reading.Against) -> dict[str, Any]:
    """A row of the table: numbers with the lists that they count."""
    here = {"competitor": one.competitor.pk}
    low, high = one.interval
    return {
        "competitor": one.competitor,
        "cells": [
            (_("Open"), one.open, _list(**here, status="open")),
            (_("Won"), one.won, _list(**here, status="won")),
            (_("Lost"), one.lost, _list(**here, status="lost", counts="yes")),
            (_("Lost to them"), one.lost_to_them,
             _list(lost_to=one.competitor.pk, status="lost", counts="yes")),
        ],
        "rate": None if one.rate is None else percent(one.rate, 0),
        "won": one.won,
        "decided": one.decided,
        "interval": _("%(low)s to %(high)s") % {"low": percent(low, 0), "high": percent(high, 0)},
    }  # fmt: skip


def _list(**asked: Any) -> str:
    return f"{reverse('pipeline:list')}?{urlencode(asked)}"

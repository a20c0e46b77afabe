"""What became of the people who sent one form, or any on one page: qualified, won, and their worth."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, Sum
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from capture.selectors import forms_of
from capture.selectors.numbers import leads_of_form, leads_of_page
from capture.selectors.pages import pages_of
from capture.selectors.windows import Window, window_of
from leadflow.models import Lead, LeadStage, Organisation
from leadflow.people.access import require
from leadflow.people.models import User
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from pipeline.selectors import deals_of

_LADDER = list(LeadStage.values)
QUALIFIED = _LADDER[_LADDER.index(LeadStage.MQL) :]
_REACHED: tuple[list[dict[str, object]], ...] = (
    [],
    [{"field": "lead.furthest_stage", "op": "at_least", "value": "mql"}],
    [{"field": "lead.is_customer", "op": "is", "value": True}],
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """People of one form, as far as this person may see them; money in the base currency."""

    leads: int
    qualified: int
    won: int
    revenue: Decimal
    unpriced: int  # deals won whose amount or rate nobody entered
    currency: str
    leads_url: str
    qualified_url: str
    won_url: str


def outcome_of(user: User, form_id: int, window: Window) -> Outcome:
    """Counted over the leads whose answer came in the window, whatever they did since."""
    return _outcome(
        user,
        leads_of_form(form_id, start=window.start, end=window.end),
        *_rows(form_id, window),
    )


def outcome_of_page(user: User, page_id: int, window: Window) -> Outcome:
    """The same of a landing page; the rows are the answers that came from it."""
    return _outcome(
        user,
        leads_of_page(page_id, start=window.start, end=window.end),
        *_answers(f"/answers/?page={page_id}&{window.address}"),
    )


def _answers(sent: str) -> list[str]:
    """The answers of all, of those who qualified, of those who were won."""
    return [f"{sent}&reached={stage}" for stage in ("lead", "mql", "customer")]


def _outcome(user: User, ids: Any, leads_url: str, qualified_url: str, won_url: str) -> Outcome:
    people = Lead.objects.visible_to(user).filter(pk__in=ids)
    counts = people.aggregate(
        all=Count("pk"), qualified=Count("pk", filter=Q(furthest_stage__in=QUALIFIED))
    )
    won = deals_of(user).filter(lead__in=people.values("pk"), won_at__isnull=False).aggregate(
        people=Count("lead", distinct=True), money=Sum("base_amount"),
        unpriced=Count("pk", filter=Q(base_amount=None)),
    )  # fmt: skip
    return Outcome(
        leads=counts["all"],
        qualified=counts["qualified"],
        won=won["people"],
        revenue=won["money"] or Decimal(0),
        unpriced=won["unpriced"],
        currency=Organisation.current().base_currency,
        leads_url=leads_url,
        qualified_url=qualified_url,
        won_url=won_url,
    )


def _rows(form_id: int, window: Window) -> list[str]:
    """The lists of leads that hold exactly these rows; a rule looks back from now, so other days
    open the answers."""
    if not window.days:
        return _answers(f"/forms/{form_id}/answers/?{window.address}")
    where = [{"field": "topic", "op": "is", "value": f"form:{form_id}"}]
    sent = {
        "event": {"kind": "form.submitted", "where": where},
        "op": "at_least",
        "count": 1,
        "days": window.days,
    }
    return [
        "/leads/?" + urlencode({"rule": json.dumps({"all": [sent, *more]})}) for more in _REACHED
    ]


@access("insights.view")
@require_safe
def form_outcome(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The part of a form's tab Numbers that no stage can count alone."""
    require(request.user, "answer.view")
    form = get_object_or_404(forms_of(request.user), pk=pk)
    found = outcome_of(request.user, form.pk, window_of(request.GET))
    return render(request, "insights/form_outcome.html", {"outcome": found})


@access("insights.view")
@require_safe
def page_outcome(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The same part of a landing page's tab Numbers."""
    require(request.user, "answer.view")
    page = get_object_or_404(pages_of(request.user), pk=pk)
    found = outcome_of_page(request.user, page.pk, window_of(request.GET))
    return render(request, "insights/form_outcome.html", {"outcome": found})

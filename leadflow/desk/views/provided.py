"""What providers say otherwise about a person or a company: shown beside ours, taken over or dismissed."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from leadflow.desk.tables import companies_of
from leadflow.desk.views.lead import lead_or_404
from leadflow.errors import Invalid
from leadflow.models import Company, Lead, ProvidedValue
from leadflow.people.access import allowed, reaches
from leadflow.services import enrichment, lookups
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, render_part

_DECISIONS = {
    "take": enrichment.take_over,
    "dismiss": enrichment.dismiss,
    "out": enrichment.take_out,
}


@access("lead.view")
def of_lead(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What is said about a person, and where filled values are from."""
    lead = lead_or_404(request, pk)
    may = {"edit": reaches(request.user, "lead.edit", lead)}
    doors = {"decide": "desk:lead-provided-decide", "ask": "desk:lead-lookup"}
    return _shown(request, lead, doors | {"may": may})


@access("company.view")
def of_company(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What is said about a company."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    may = {"edit": allowed(request.user, "company.edit")}
    doors = {"decide": "desk:company-provided-decide", "ask": "desk:company-lookup"}
    return _shown(request, company, doors | {"may": may})


def _shown(
    request: HtmxHttpRequest, about: Lead | Company, context: dict[str, Any]
) -> HttpResponseBase:
    context |= {
        "about": about,
        "proposals": enrichment.proposals(about),
        "provided": enrichment.provided(about),
    }
    return render_part(request, "desk/provided.html", "values", context)


@require_POST
@access("lead.edit")
def decide_of_lead(request: HtmxHttpRequest, pk: int, value: int) -> HttpResponse:
    """Take a proposed value over, or dismiss it."""
    lead = lead_or_404(request, pk, "lead.edit")
    return _decided(request, lead, get_object_or_404(ProvidedValue, pk=value, lead=lead))


@require_POST
@access("company.edit")
def decide_of_company(request: HtmxHttpRequest, pk: int, value: int) -> HttpResponse:
    """As for a person."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    return _decided(request, company, get_object_or_404(ProvidedValue, pk=value, company=company))


def _decided(request: HtmxHttpRequest, about: Lead | Company, row: ProvidedValue) -> HttpResponse:
    decision = _DECISIONS.get(request.POST.get("decision", ""))
    if decision is None:
        raise Invalid(_("Choose whether to take the value over or to keep yours."))
    decision(row=row, by=request.user)
    is_out = decision is enrichment.take_out
    words = _("Taken out. It is not filled in again.") if is_out else _("Decided")
    return done(request, words, back=about.get_absolute_url())


@require_POST
@access("lead.edit")
def look_up_lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Ask what is known of a person and her company."""
    lead = lead_or_404(request, pk, "lead.edit")
    found = lookups.look_up(lead_ids=[lead.pk], by=request.user)
    return done(request, in_words(found), back=lead.get_absolute_url())


@require_POST
@access("company.edit")
def look_up_company(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Ask what is known of a company."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    found = lookups.look_up_companies(company_ids=[company.pk], by=request.user)
    return done(request, in_words(found), back=company.get_absolute_url())


def in_words(found: lookups.Found) -> str:
    """What a look-up brought."""
    if not found.values:
        return _("Nothing new is known.")
    words = ngettext("%(n)d value filled in", "%(n)d values filled in", found.values)
    return words % {"n": found.values}

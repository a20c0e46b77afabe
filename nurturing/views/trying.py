"""Trying a sequence on one lead: when each step would come, and what would keep her out."""

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leadflow.kit import clock
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from nurturing.services import trying
from nurturing.views.build import example_lead, head, sequence_or_404


@require_safe
@access("sequence.edit")
def try_on(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The steps of the draft with their times for the lead asked for, else for the newest."""
    sequence = sequence_or_404(pk)
    context = head(request, sequence, "try")
    lead = example_lead(request)
    context |= {
        "lead": lead,
        "asked": request.GET.get("lead", ""),
        "trial": trying.try_on(sequence, context["version"], lead, clock.now()) if lead else None,
    }
    return render(request, "nurturing/try.html", context)

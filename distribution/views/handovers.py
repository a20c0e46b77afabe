"""Hand-overs: what waits for an answer, and the two answers."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from distribution import selectors
from distribution.forms import ReturnForm
from leadflow.errors import Invalid
from leadflow.handover import services
from leadflow.handover.models import Handover
from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.people.access import reaches
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect


@access("handover.decide")
def handovers(request: HtmxHttpRequest) -> HttpResponseBase:
    """Leads on offer, or those that were answered."""
    decided = request.GET.get("tab") == "decided"
    rows = (selectors.decided_for if decided else selectors.open_for)(request.user)[:100]
    context = {"rows": rows, "decided": decided, "form": ReturnForm(), "now": clock.now()}
    return render(request, "distribution/handovers.html", context)


def handover_or_404(request: HtmxHttpRequest, pk: int) -> Handover:
    """The hand-over, if it is the user's to decide."""
    return get_object_or_404(
        Handover.objects.visible_to(request.user).select_related("lead"), pk=pk
    )


@require_POST
@access("handover.decide")
def accept(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take the lead."""
    handover = handover_or_404(request, pk)
    services.accept(handover, by=request.user)
    messages.success(request, _("%(name)s is yours") % {"name": handover.lead.name})
    return redirect(request, handover.lead.get_absolute_url())


@require_POST
@access("handover.decide")
def give_back(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Return the lead with a reason."""
    handover = handover_or_404(request, pk)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Say why you return this lead."))
    values = form.cleaned_data
    services.reject(
        handover, reason=values["reason"], note=values["note"], return_on=values["return_on"],
        by=request.user,
    )  # fmt: skip
    messages.success(request, _("Returned. Marketing sees your reason."))
    return redirect(request, "/hand-overs/")


@access("lead.view")
def of_lead(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The hand-over, routing decision and clock on a lead's page."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    context = {
        "lead": lead,
        "about": selectors.of_lead(lead),
        "may_decide": reaches(request.user, "handover.decide", lead),
        "form": ReturnForm(),
        "now": clock.now(),
    }
    return render(request, "distribution/of_lead.html", context)

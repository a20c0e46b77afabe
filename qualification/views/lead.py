"""What a lead's page embeds: the receipt of her score and the BANT panel."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from leadflow.errors import Invalid
from leadflow.models import Lead
from leadflow.people.access import reaches, require
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, is_part
from leadflow.web.htmx import redirect as see_other
from qualification.forms import LetterForm
from qualification.services import bant as bant_service
from qualification.services import showing


def lead_or_404(request: HtmxHttpRequest, pk: int) -> Lead:
    """The lead, if the user may see her."""
    return get_object_or_404(Lead.objects.visible_to(request.user).select_related("score"), pk=pk)


@access("score.view")
def receipt(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Why this score; `?part=sentence` is the line under the name, `?number=fit` the other number."""
    lead = lead_or_404(request, pk)
    if request.GET.get("part") == "sentence":
        return render(request, "qualification/sentence.html", {"sentence": showing.sentence(lead)})
    number = "fit" if request.GET.get("number") == "fit" else "engagement"
    context = {"lead": lead, "receipt": showing.receipt(lead, number), "number": number}
    return render(request, "qualification/receipt.html", context)


@access("lead.view")
def bant(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What we learned in talks, each letter edited in place."""
    return panel(request, lead_or_404(request, pk))


def panel(request: HtmxHttpRequest, lead: Lead) -> HttpResponse:
    """The panel as a fragment."""
    context = {
        "lead": lead,
        "bant": showing.bant_panel(lead),
        "may_edit": reaches(request.user, "bant.edit", lead),
    }
    return render(request, "qualification/bant.html", context)


@require_POST
@access("bant.edit")
def bant_set(request: HtmxHttpRequest, pk: int, letter: str) -> HttpResponse:
    """Set one letter."""
    lead = lead_or_404(request, pk)
    require(request.user, "bant.edit", lead)
    form = LetterForm(request.POST)
    if not form.is_valid():
        raise Invalid(" ".join(words for errors in form.errors.values() for words in errors))
    bant_service.answer(
        lead=lead, letter=letter, value=form.cleaned_data["value"], by=request.user,
        details=form.details(letter), evidence=form.cleaned_data["evidence"],
    )  # fmt: skip
    return panel(request, lead) if is_part(request) else see_other(request, lead.get_absolute_url())

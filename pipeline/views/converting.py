"""A lead becomes a deal: the preview, the choice, the doing; and deals as parts of other pages."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from leadflow.models import Activity, Company, Lead
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part
from pipeline import forms, selectors
from pipeline.models import Conversion
from pipeline.services import converting
from pipeline.services.deals import Opening
from pipeline.views.board import sent


@access("lead.advance")
def convert(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Preview what a conversion makes, then make it. One that was made is shown, not made again."""
    rows = Lead.objects.visible_to(request.user, "lead.advance").select_related("company", "owner")
    lead = get_object_or_404(rows, pk=pk)
    known = selectors.conversion_of(lead)
    if known and known.deal and request.method == "GET":
        return redirect(request, known.deal.get_absolute_url())
    form = forms.ConvertForm(sent(request), lead=lead, user=request.user)
    is_good = request.method == "POST" and form.is_valid()
    if is_good and form.attempt(lambda: converted(form, lead, request.user)):
        deal = form.result.deal
        return redirect(request, deal.get_absolute_url() if deal else lead.get_absolute_url())
    context = {
        "form": form,
        "lead": lead,
        "existing": selectors.deals_of_lead(request.user, lead.pk)[:5],
        "linked": Activity.objects.filter(lead=lead, subject_ref="").count(),
    }
    return render(request, "pipeline/convert.html", context, status=form.status)


def converted(form: forms.ConvertForm, lead: Lead, user: User) -> Conversion:
    """Convert as the form says."""
    values = form.cleaned_data
    opening = None
    if values["what"] == form.NEW:
        opening = Opening(
            name=values["name"],
            stage=values["stage"],
            amount=values["amount"],
            expected_close_on=values["expected_close_on"],
            owner=lead.owner or user,
        )
    choice = converting.Choice(
        company=values["company"],
        company_name=values["company_name"],
        opening=opening,
        deal=values["deal"] if values["what"] == form.EXISTING else None,
    )
    return converting.convert(lead, choice=choice, by=user)


@access("deal.view")
def of_lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The deals of a person, for the page of the lead."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    context = {
        "deals": selectors.deals_of_lead(request.user, lead.pk)[:20],
        "lead": lead,
        "heading": _("Deals of %(name)s") % {"name": lead.name},
        "can_convert": allowed(request.user, "lead.advance"),
        "is_converted": selectors.conversion_of(lead) is not None,
    }
    return render_part(request, "pipeline/embedded.html", "deals", context)


@access("deal.view")
def of_company(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The deals of a company, for the page of the company."""
    company = get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    context = {
        "deals": selectors.deals_of_company(request.user, company.pk)[:20],
        "company": company,
        "heading": _("Deals of %(name)s") % {"name": company.name},
        "can_add": allowed(request.user, "deal.edit"),
    }
    return render_part(request, "pipeline/embedded.html", "deals", context)

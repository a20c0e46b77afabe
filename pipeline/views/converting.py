"""A lead becomes a deal: the preview, the choice, the doing; and deals as parts of other pages."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.models import Company, Lead, LeadStage
from leadflow.people.access import allowed, reaches
from leadflow.people.models import User
from leadflow.services import duplicates
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect, render_part
from pipeline import selectors
from pipeline.forms.converting import ConvertForm
from pipeline.models import Conversion
from pipeline.selectors import people
from pipeline.services import converting, unconverting
from pipeline.services.deals import Opening
from pipeline.views import mapping
from pipeline.views.board import sent


@access("lead.advance")
def convert(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Preview what a conversion makes, then make it. One that was made is shown, not made again."""
    rows = Lead.objects.visible_to(request.user, "lead.advance").select_related("company", "owner")
    lead = get_object_or_404(rows, pk=pk)
    known = selectors.conversion_of(lead)
    if known and known.deal and request.method == "GET":
        return redirect(request, known.deal.get_absolute_url())
    form = ConvertForm(sent(request), lead=lead, user=request.user)
    is_good = request.method == "POST" and form.is_valid()
    if is_good and form.attempt(lambda: converted(form, lead, request.user)):
        deal = form.result.deal
        return redirect(request, deal.get_absolute_url() if deal else lead.get_absolute_url())
    context = {
        "form": form,
        "lead": lead,
        "existing": selectors.deals_of_lead(request.user, lead.pk)[:5],
        "twins": duplicates.alike(lead, request.user),
        "rows": mapping.rows_of(form, request.user),
    }
    return render(request, "pipeline/convert.html", context, status=form.status)


@require_POST
@access("lead.advance")
def preview(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What converting as the form says would take where; writes nothing."""
    rows = Lead.objects.visible_to(request.user, "lead.advance").select_related("company", "owner")
    lead = get_object_or_404(rows, pk=pk)
    form = ConvertForm(request.POST, lead=lead, user=request.user)
    context = {"form": form, "lead": lead, "rows": mapping.rows_of(form, request.user)}
    return render_part(request, "pipeline/convert.html", "map", context | {"is_preview": True})


def converted(form: ConvertForm, lead: Lead, user: User) -> Conversion:
    """Convert as the form says."""
    values = form.cleaned_data
    opening = None
    if values["what"] == form.NEW:
        opening = Opening(
            name=values["name"],
            stage=values["stage"],
            amount=values["amount"],
            currency=values["currency"],
            expected_close_on=values["expected_close_on"],
            need=values["need"],
            owner=lead.owner or user,
        )
    choice = converting.Choice(
        company=values["company"],
        company_name=values["company_name"],
        opening=opening,
        deal=values["deal"] if values["what"] == form.EXISTING else None,
        role=values["role"],
        need=values["need"],
    )
    return converting.convert(lead, choice=choice, by=user)


@access("lead.advance")
def unconvert(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Say what taking the latest conversion of a lead back does, then do it."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user, "lead.advance"), pk=pk)
    found = selectors.conversion_to_undo(lead.pk)
    if found is None:
        messages.info(request, _("There is no conversion to take back."))
        return redirect(request, lead.get_absolute_url())
    if found.deal and not reaches(request.user, "deal.edit", found.deal):
        raise Http404
    if request.method == "POST":
        undone, seen = unconverting.unconvert(found, by=request.user)
        return done(request, told(undone.lead, seen), back=lead.get_absolute_url())
    context = {
        "lead": lead,
        "conversion": found,
        "why_not": unconverting.may_unconvert(found),
        "outlook": unconverting.outlook(found),
        "stage_before": LeadStage(found.stage_before).label,
        "company_before": unconverting.company_before(found),
    }
    return render(request, "pipeline/unconvert.html", context)


def told(lead: Lead, seen: unconverting.Outlook) -> str:
    """What was done, and what was left because somebody had changed it since."""
    words = {"company": _("the company"), "stage": _("the stage"), "deal": _("the deal")}
    kept = ", ".join(words[name] for name in seen.stays)
    if kept:
        return _("The conversion of %(name)s is undone. Changed since, and left: %(kept)s.") % {
            "name": lead.name,
            "kept": kept,
        }
    return _("The conversion of %(name)s is undone") % {"name": lead.name}


@access("deal.view")
def of_lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The deals of a person, for the page of the lead."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    context = {
        "deals": selectors.deals_of_lead(request.user, lead.pk)[:20],
        "lead": lead,
        "roles": people.roles_of_lead(request.user, lead),
        "heading": _("Deals of %(name)s") % {"name": lead.name},
        "can_convert": allowed(request.user, "lead.advance"),
        "is_converted": selectors.conversion_of(lead) is not None,
        "can_unconvert": undoable(request.user, selectors.conversion_to_undo(lead.pk)),
    }
    return render_part(request, "pipeline/embedded.html", "deals", context)


def undoable(user: User, conversion: Conversion | None) -> bool:
    """Whether to offer her the way back."""
    return (
        conversion is not None
        and reaches(user, "lead.advance", conversion.lead)
        and (conversion.deal is None or reaches(user, "deal.edit", conversion.deal))
        and unconverting.is_recent(conversion)
    )


@access("deal.view")
def of_company(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The deals of a company, for the page of the company."""
    company = get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    context = {
        "deals": selectors.deals_of_company(request.user, company.pk)[:20],
        "company": company,
        "roles": people.roles_at_company(request.user, company.pk),
        "heading": _("Deals of %(name)s") % {"name": company.name},
        "can_add": allowed(request.user, "deal.edit"),
    }
    return render_part(request, "pipeline/embedded.html", "deals", context)

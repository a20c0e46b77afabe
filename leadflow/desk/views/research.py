"""The research checklist on the pages of leads and companies, and research notes on companies."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.desk.forms import NoteForm
from leadflow.desk.research import checklist_of, item_of
from leadflow.desk.tables import companies_of
from leadflow.desk.views.lead import lead_or_404
from leadflow.errors import Invalid
from leadflow.models import Company, Lead
from leadflow.people.access import allowed, reaches
from leadflow.services import notes, research
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, is_part, redirect, render_part


@access("lead.view")
@require_safe
def of_lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What is to be found out about a lead, and what was."""
    return _panel(request, lead_or_404(request, pk))


@access("company.view")
@require_safe
def of_company(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The same of a company."""
    return _panel(request, get_object_or_404(companies_of(request.user), pk=pk))


@require_POST
@access("lead.edit")
def tick_of_lead(request: HtmxHttpRequest, pk: int, item: int) -> HttpResponse:
    """Tick a line, write its note anew, or take it back."""
    return _ticked(request, lead_or_404(request, pk, "lead.edit"), item)


@require_POST
@access("company.edit")
def tick_of_company(request: HtmxHttpRequest, pk: int, item: int) -> HttpResponse:
    """The same of a company."""
    return _ticked(request, get_object_or_404(companies_of(request.user), pk=pk), item)


def _panel(request: HtmxHttpRequest, about: Lead | Company) -> HttpResponse:
    is_lead = isinstance(about, Lead)
    may = (
        reaches(request.user, "lead.edit", about)
        if isinstance(about, Lead)
        else allowed(request.user, "company.edit")
    )
    context = {
        "about": about,
        "kind": "lead" if is_lead else "company",
        "checklist": checklist_of(about),
        "may_edit": may,
        "may_set": allowed(request.user, "settings.edit"),
    }
    return render_part(request, "desk/research.html", "research", context)


def _ticked(request: HtmxHttpRequest, about: Lead | Company, pk: int) -> HttpResponse:
    item = item_of(about, pk)
    if item is None:
        raise Http404
    if request.POST.get("done") == "1":
        note = request.POST.get("note", "")
        research.check(item=item, about=about, note=note, by=request.user)
    else:
        research.uncheck(item=item, about=about, by=request.user)
    if is_part(request):
        return _panel(request, about)
    return redirect(request, f"{about.get_absolute_url()}#research")


@require_POST
@access("note.add")
def company_note(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write down what was learned about a company."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    form = NoteForm(request.POST, prefix="note")
    if not form.is_valid():
        raise Invalid(_("Write something first."))
    notes.add(**form.said(), company=company, by=request.user)
    messages.success(request, _("Note kept"))
    return redirect(request, company.get_absolute_url())

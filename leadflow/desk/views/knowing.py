"""What is known of a lead beyond her fields: as she was on a day, what she showed, who is like her, what is
next; and of a company by its people."""

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from leadflow.desk import past
from leadflow.desk.forms import DayForm
from leadflow.desk.hints import hint_for
from leadflow.desk.learned import READINGS, learned_at, learned_of, readings_of
from leadflow.desk.tables import companies_of
from leadflow.desk.views.lead import lead_or_404
from leadflow.kit import clock
from leadflow.kit.text import one_line
from leadflow.models import Company, Lead, Organisation
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, render_part
from leadflow.web.tables import Look


@access("lead.view")
@require_safe
def learned(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What she read, downloaded and answered, and how it ended with others like her."""
    lead = lead_or_404(request, pk)
    context = {"lead": lead, "learned": learned_of(lead, request.user), **_money()}
    return render_part(request, "desk/learned.html", "learned", context)


@access("company.view")
@require_safe
def learned_company(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What the people of a company read, and how it ended with companies like it."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    context = {"company": company, "learned": learned_at(company, request.user), **_money()}
    return render_part(request, "desk/learned.html", "learned", context)


def _money() -> dict[str, str]:
    return {"currency": Organisation.current().base_currency}


@access("lead.view")
@require_safe
def readings(request: HtmxHttpRequest, kind: str, pk: int) -> HttpResponse:
    """Each time that a lead, or somebody of a company, looked at a thing: `?kind=page.viewed&label=Pricing`."""
    if kind == "lead":
        about: Lead | Company = lead_or_404(request, pk)
    elif kind == "company":
        about = get_object_or_404(companies_of(request.user), pk=pk)
    else:
        raise Http404
    what, label = request.GET.get("kind", "")[:40], request.GET.get("label", "")[:300]
    rows = readings_of(about, request.user, one_line(what), one_line(label))
    page = READINGS.page(request, rows)
    context = {"about": about, "label": label, "page": page, "body": page.drawn(Look())}
    return render(request, "desk/readings.html", context)


@access("lead.view")
@require_safe
def next_hint(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What to do next with her, and why."""
    lead = lead_or_404(request, pk)
    context = {"lead": lead, "hint": hint_for(lead, request.user)}
    return render_part(request, "desk/hint.html", "hint", context)


@access("lead.view")
@require_safe
def as_it_was(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What was known of her on `?on=2026-05-01`; a week ago where no day is given."""
    lead = lead_or_404(request, pk)
    today = localdate(clock.now())
    form = DayForm(request.GET or {"on": today - timedelta(days=7)})
    found = past.as_it_was(lead, form.cleaned_data["on"], request.user) if form.is_valid() else None
    context = {"record": lead, "lead": lead, "form": form, "past": found}
    return render(request, "desk/lead_past.html", context, status=form.status)

"""Companies: the list, one company with its people, customers."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from leadflow.desk.cells import Look
from leadflow.desk.forms import CompanyForm
from leadflow.desk.tables import COMPANIES, COMPANY_FILTERS, companies_of
from leadflow.models import Company, Customer, Lead
from leadflow.people.access import allowed
from leadflow.services import companies
from leadflow.timeline.selectors import for_record
from leadflow.web import saved_views
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect


@access("company.view")
def company_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Companies, as the URL filters and sorts them."""
    applied = COMPANY_FILTERS.read(request)
    page = COMPANIES.page(request, applied.narrow(companies_of(request.user)))
    context = {
        "page": page,
        "body": page.drawn(Look.of(request.user)),
        "applied": applied,
        "tabs": saved_views.fixed(request, [(_("All companies"), "")]),
        "views": saved_views.tabs(request, request.user, COMPANIES.key),
        "is_empty": not page.rows and not applied.chips,
        "may_edit": allowed(request.user, "company.edit"),
    }
    return render(request, "desk/companies.html", context)


@access("company.view")
def company_page(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """A company, the people there whom the user may see, its deals and its story."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    people = (
        Lead.objects.visible_to(request.user)
        .filter(company=company)
        .select_related("owner", "score")
    )
    context = {
        "company": company,
        "people": people.order_by("-score__engagement", "pk")[:50],
        "hidden": Lead.objects.living().filter(company=company).count() - people.count(),
        "customer": Customer.objects.filter(company=company, reverted_at=None).first(),
        "timeline": for_record("leadflow.company", company.pk, request.user),
        "deals_url": _deals_url(company),
        "may_edit": allowed(request.user, "company.edit"),
    }
    return render(request, "desk/company.html", context)


def _deals_url(company: Company) -> str:
    try:
        return reverse("pipeline:of-company", args=[company.pk])
    except NoReverseMatch:
        return ""


@access("company.edit")
def company_edit(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Change what is known of a company."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    form = CompanyForm(request.POST or None, instance=company)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: _save(request, company, form))
    ):
        messages.success(request, _("Saved"))
        return redirect(request, company.get_absolute_url())
    context = {"form": form, "company": company}
    return render(request, "desk/company_edit.html", context, status=form.status)


def _save(request: HtmxHttpRequest, company: Company, form: CompanyForm) -> Company:
    return companies.update(
        company, values=form.values(), by=request.user, version=form.cleaned_data["version"]
    )


@access("company.edit")
def company_new(request: HtmxHttpRequest) -> HttpResponseBase:
    """Add a company by hand; a known name opens the one that has it."""
    form = CompanyForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: _create(request, form))
    ):
        return redirect(request, form.result.get_absolute_url())
    return render(request, "desk/company_edit.html", {"form": form}, status=form.status)


def _create(request: HtmxHttpRequest, form: CompanyForm) -> Company:
    values = form.values()
    company = companies.match_or_create(name=values["name"])
    given = {k: v for k, v in values.items() if v not in (None, "")}
    return companies.update(company, values=given, by=request.user)


@access("lead.view")
def customer_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Who bought, newest first, as far as the user sees them."""
    mine = Lead.objects.visible_to(request.user).values("pk")
    rows = Customer.objects.filter(reverted_at=None).select_related("company", "lead")
    rows = (rows.filter(lead__in=mine) | rows.filter(company__isnull=False)).order_by(
        "-started_at", "-pk"
    )
    return render(request, "desk/customers.html", {"rows": rows[:200]})

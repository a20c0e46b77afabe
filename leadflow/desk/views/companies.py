"""Companies: the list, and one company with its people."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from leadflow.desk import coverage, intent, target_cells, targeting
from leadflow.desk.cells import Look
from leadflow.desk.forms import CompanyForm
from leadflow.desk.saying import own_fields, own_words
from leadflow.desk.tables import (
    COMPANIES,
    COMPANY_FILTERS,
    companies_of,
)
from leadflow.desk.views.planning import planned_for_many
from leadflow.desk.views.provided import in_words
from leadflow.errors import Invalid
from leadflow.models import Company, Customer, Lead, Tier
from leadflow.people.access import allowed
from leadflow.services import (
    companies,
    company_duplicates,
    company_merging,
    company_trash,
    lookups,
    todos,
)
from leadflow.timeline.selectors import GROUPS
from leadflow.web import inplace, rules, saved_views
from leadflow.web.filters import Applied
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, back_to, redirect

MOST_AT_ONCE = 5_000
MOST_TODOS = 500
MOST_PEOPLE = 50  # on the page of one company; the list of leads has the rest


@access("company.view")
def company_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Companies, as the URL filters and sorts them."""
    rows, applied, rule = narrowed(request)
    page = COMPANIES.page(request, rows)
    may = allowed(request.user, "company.edit")
    context = {
        "page": page,
        "body": page.drawn(Look.of(request.user), pick=may),
        "applied": applied,
        "rule": rule,
        "tiers": Tier.choices,
        "query": request.GET.urlencode(),
        "here": request.get_full_path(),
        "tabs": saved_views.fixed(request, [(_("All companies"), "")]),
        "views": saved_views.tabs(request, request.user, COMPANIES.key),
        "is_empty": not page.rows and not applied.chips and not rule.sentence,
        "cells": inplace.cells_of(request.user, COMPANIES, "desk:company-cell"),
        "may_edit": may,
        "may_merge": allowed(request.user, "company.merge"),
        "may_delete": allowed(request.user, "company.delete"),
        "may_export": allowed(request.user, "company.export"),
    }
    return render(request, "desk/companies.html", context)


@access("company.view")
def target_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """The target companies: score, people known, gaps, stage, owner and last touch of each."""
    applied = targeting.FILTERS.read(request)
    page = target_cells.COMPANIES.page(
        request, applied.narrow(targeting.companies_of(request.user))
    )
    may = allowed(request.user, "company.edit")
    context = {
        "page": page,
        "body": page.drawn(targeting.Look.of_page(page.rows, request.user), pick=may),
        "applied": applied,
        "is_empty": not page.rows and not applied.chips,
        "may_edit": may,
        "may_plan": allowed(request.user, "activity.add"),
        "tiers": Tier.choices,
        "here": request.get_full_path(),
        "todo_subject": coverage.to_find(request.GET.getlist("gap")),
    }
    return render(request, "desk/targets.html", context)


@require_POST
@access("company.edit")
def tier_set(request: HtmxHttpRequest) -> HttpResponse:
    """Make chosen companies targets of a tier, or none."""
    ids, tier = chosen(request), request.POST.get("tier", "")
    changed = companies.set_tier_many(ids=ids, tier=tier, by=request.user)
    words = ngettext("%(n)d company changed", "%(n)d companies changed", changed) % {"n": changed}
    return _back(request, words, "desk:company-targets")


@require_POST
@access("company.edit")
def bulk_lookup(request: HtmxHttpRequest) -> HttpResponse:
    """Ask what is known of the chosen companies; only blanks are filled."""
    found = lookups.look_up_companies(company_ids=chosen(request), by=request.user)
    return _back(request, in_words(found), "desk:companies")


def chosen(request: HtmxHttpRequest) -> list[int]:
    """Which companies: `ids`, or `all=1` for the list as it is filtered. Invalid for none, or too many."""
    ids = [int(one) for one in request.POST.getlist("ids") if one.isdecimal() and len(one) < 19]
    rows = companies_of(request.user)
    if request.POST.get("all") == "1":
        request.GET = QueryDict(request.POST.get("query", "")[:8_000])
        rows = narrowed(request)[0]
    else:
        rows = rows.filter(pk__in=ids)
    found = list(rows.order_by().values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if not found:
        raise Invalid(_("Choose at least one company."))
    if len(found) > MOST_AT_ONCE:
        raise Invalid(_("At most 5,000 companies at once. Filter the list further."))
    return found


def _back(request: HtmxHttpRequest, words: str, usual: str) -> HttpResponse:
    """To the list that was acted on; nowhere else than here."""
    messages.success(request, words)
    return redirect(request, back_to(request, reverse(usual)))


@require_POST
@access("activity.add")
def bulk_todo(request: HtmxHttpRequest) -> HttpResponse:
    """Plan the same to-do for each of the chosen companies; it is for the owner, else for who plans it."""
    plan = planned_for_many(request)
    ids = [int(one) for one in request.POST.getlist("ids") if one.isdecimal() and len(one) < 19]
    rows = list(companies_of(request.user).filter(pk__in=ids[:MOST_TODOS]).order_by("pk"))
    if not rows:
        raise Invalid(_("Choose at least one company."))
    made = todos.add_for_companies(plan, companies=rows, by=request.user)
    words = ngettext("%(n)d to-do planned", "%(n)d to-dos planned", len(made))
    return _back(request, words % {"n": len(made)}, "desk:company-targets")


def narrowed(request: HtmxHttpRequest) -> tuple[QuerySet[Company], Applied, rules.Asked]:
    """The companies that the URL asks for, its chips, and its rule."""
    applied = COMPANY_FILTERS.read(request)
    rows, rule = applied.narrow(companies_of(request.user)), rules.asked(request, "company")
    return rows if rule.where is None else rows.filter(rule.where), applied, rule


@access("company.view")
def intent_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Companies of which a provider told an interest, the latest first, known people or none."""
    applied = intent.FILTERS.read(request)
    told = intent.Asked.of(applied, request.user)
    page = intent.COMPANIES.page(request, applied.narrow(told.companies()))
    context = {
        "page": page,
        "body": page.drawn(intent.Look.of_page(told, page.rows)),
        "applied": applied,
        "days": told.days,
        "is_empty": not page.rows and not applied.chips,
        "may_import": allowed(request.user, "source.edit"),
        "may_hook": allowed(request.user, "settings.edit"),
    }
    return render(request, "desk/intent.html", context)


@access("company.edit")
def cell(request: HtmxHttpRequest, pk: int, column: str) -> HttpResponse:
    """Change one value of one company where it stands in the list."""
    rows = companies_of(request.user)
    company = get_object_or_404(rows, pk=pk)
    look = Look.of(request.user)
    return inplace.cell(
        request, COMPANIES, column, company, look, lambda: rows.get(pk=pk), _("Company changed")
    )


@access("company.view")
def company_page(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """A company, the people there whom the user may see, its deals and its story.

    An old id that was merged away redirects to the survivor for ever.
    """
    if survivor := company_merging.survivor_of(pk):
        return redirect(request, survivor.get_absolute_url())
    company = companies_of(request.user).filter(pk=pk).first()
    if company is None:
        return _thrown_away(request, pk)
    people = (
        Lead.objects.visible_to(request.user)
        .filter(company=company)
        .select_related("owner", "score")
    )
    first, count = list(people.order_by("-score__engagement", "pk")[:MOST_PEOPLE]), people.count()
    context = {
        "company": company,
        "people": first,
        "shown_people": len(first),
        "people_count": count,
        "hidden": Lead.objects.living().filter(company=company).count() - count,
        "customer": Customer.objects.filter(company=company, reverted_at=None).first(),
        "timeline_groups": [("", _("All")), *((key, label) for key, (label, _q) in GROUPS.items())],
        "covered": coverage.of_company(company, request.user),
        "may_fill": coverage.may_fill(request.user),
        "signals": company.signals.order_by("-occurred_at", "-pk")[:20],
        "deals_url": _deals_url(company),
        "account": targeting.receipt(company, request.user),
        "tiers": Tier.choices,
        "may_edit": allowed(request.user, "company.edit"),
        "may_merge": allowed(request.user, "company.merge"),
        "may_delete": allowed(request.user, "company.delete"),
        "may_note": allowed(request.user, "note.add"),
        "may_log": allowed(request.user, "activity.add"),
        "duplicates": company_duplicates.alike(company),
        "own": own_words(company, own_fields(company)),
    }
    return render(request, "desk/company.html", context)


def _thrown_away(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Where an old link ends while the company is in the trash: since when, by whom, and the way back."""
    rows = Company.objects.in_trash_of(request.user, "company.view")
    company = get_object_or_404(rows, pk=pk)
    context = {
        "company": company,
        "who": company_trash.who_trashed(company),
        "may_restore": allowed(request.user, "company.delete"),
    }
    return render(request, "desk/company_gone.html", context)


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
    was_thrown = companies.in_trash_at(values["domain"]) is not None
    company = companies.add(values=values, by=request.user)
    if was_thrown:
        messages.success(request, _("It was in the trash and is back, with all that it had"))
    return company

"""Companies that may be here twice: the queue, two side by side, and taking a merge apart."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.desk import pairs, selectors
from leadflow.desk.pairs import FIRMS, shown
from leadflow.desk.tables import companies_of
from leadflow.models import Company
from leadflow.services import company_merging
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect

_COMPARED = (
    "name",
    "domain",
    "industry",
    "size",
    "country",
    "city",
    "parent",
    "owner",
    "created_at",
)


@require_safe
@access("company.merge")
def queue(request: HtmxHttpRequest) -> HttpResponse:
    """The likeliest pairs, with what speaks for each."""
    return pairs.show_queue(request, FIRMS)


@require_POST
@access("company.merge")
def look(request: HtmxHttpRequest) -> HttpResponse:
    """Look at all companies once, in the background."""
    return pairs.look(request, FIRMS)


@require_POST
@access("company.merge")
def apart(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """These two are different companies."""
    return pairs.tell_apart(request, FIRMS, pk)


@access("company.merge")
def merge_many(request: HtmxHttpRequest) -> HttpResponse:
    """Many pairs at once: first what it would do, then the run."""
    return pairs.merge_many(request, FIRMS)


@require_safe
@access("company.merge")
def merged(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """How far a go is and what came of it."""
    return pairs.show_merged(request, FIRMS, pk)


@require_POST
@access("company.merge")
def take_back(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a whole go apart."""
    return pairs.take_back(request, FIRMS, pk)


@access("company.merge")
def merge(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Two companies side by side; a customer, then one with a domain, then the older one survives."""
    rows = companies_of(request.user)
    company = get_object_or_404(rows, pk=pk)
    number = request.POST.get("other") or request.GET.get("other", "")
    other = get_object_or_404(rows, pk=int(number)) if number.isdecimal() else None
    pair = company_merging.survivor_first(company, other) if other and other != company else None
    if request.method == "POST" and pair:
        kept = company_merging.merge(survivor=pair[0], loser=pair[1], by=request.user)
        messages.success(request, _("Merged; the old address still leads here"))
        return redirect(request, kept.get_absolute_url())
    words = request.GET.get("q", "")
    context = {
        "company": company,
        "pair": pair,
        "rows": side_by_side(*pair) if pair else [],
        "q": words,
        "found": _like(rows, words, company),
        "merges": [(m, company_merging.may_unmerge(m)) for m in company_merging.merges_of(company)],
    }
    return render(request, "desk/company_merge.html", context)


def _like(rows: QuerySet[Company], words: str, company: Company) -> list[Company]:
    """Companies whose text holds every word; those of the same name where nothing is asked."""
    if condition := selectors.having(words):
        rows = rows.filter(condition)
    elif company.name_key:
        rows = rows.filter(name_key=company.name_key)
    else:
        return []
    return list(rows.exclude(pk=company.pk).order_by("-created_at", "-pk")[:10])


def side_by_side(survivor: Company, loser: Company) -> list[dict[str, Any]]:
    """Per field: both values, and which one stays; then how much hangs on either."""
    rows = []
    for name in _COMPARED:
        one, two = shown(survivor, name), shown(loser, name)
        label = Company._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        rows.append({"label": label, "one": one, "two": two, "takes_two": not one and bool(two)})
    people = [selectors.people_at(one) for one in (survivor, loser)]
    rows.append({"label": _("people here"), "one": people[0], "two": people[1], "takes_two": False})
    return rows


@require_POST
@access("company.merge")
def unmerge(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Make two companies of one again."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    number = request.POST.get("merge", "")
    made = get_object_or_404(company.merges, pk=int(number) if number.isdecimal() else 0)
    company_merging.unmerge(made=made, by=request.user)
    messages.success(request, _("Taken apart; both are as they were"))
    return redirect(request, company.get_absolute_url())

"""Companies thrown away: one or many, with what would stay behind; the list of them, and the ways back."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leadflow.desk.tables import companies_of
from leadflow.desk.views.companies import chosen
from leadflow.kit import clock
from leadflow.models import Company
from leadflow.services import company_trash
from leadflow.services.undoing import Memory
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, back_to, done, redirect, say

MOST_SHOWN = 200
_MEMORY = Memory(
    "companies.trash",
    over=lazy("It is too late to undo this. Take them out of the trash instead."),
    nothing=lazy("There is nothing to undo."),
)


@require_POST
@access("company.delete")
def trash(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put the company in the trash; one that has to stay is refused with what to do."""
    company = get_object_or_404(companies_of(request.user), pk=pk)
    at = clock.now()
    company_trash.trash(company=company, by=request.user, at=at)
    said = _("%(name)s is in the trash for 30 days") % {"name": company.name}
    return _back(request, said, at)


@require_POST
@access("company.delete")
def trash_many(request: HtmxHttpRequest) -> HttpResponse:
    """First what it would do with the chosen companies, then the doing."""
    ids = chosen(request)
    if request.POST.get("sure") != "1":
        found = company_trash.going(ids)
        return render(request, "desk/companies_trash.html", _asked(request, found))
    at = clock.now()
    found = company_trash.trash_many(company_ids=ids, by=request.user, at=at)
    words = ngettext(
        "%(n)d company is in the trash for 30 days",
        "%(n)d companies are in the trash for 30 days",
        len(found.ids),
    )
    said = words % {"n": len(found.ids)}
    return _back(request, f"{said}. {found.staying}" if found.staying else said, at, found)


def _asked(request: HtmxHttpRequest, found: company_trash.Going) -> dict[str, Any]:
    seen = companies_of(request.user)
    everything = request.POST.get("all") == "1"
    back = back_to(request, reverse("desk:companies"))
    kept = [("query", request.POST.get("query", "")), ("next", back)]
    picked = [("all", "1")] if everything else [("ids", pk) for pk in found.ids]
    return {
        "count": len(found.ids),
        "found": found,
        "names": seen.filter(pk__in=found.ids[:10]).order_by("name", "pk"),
        "more": max(len(found.ids) - 10, 0),
        "stay": seen.filter(pk__in=(found.customers + found.dealing)[:10]),
        "kept": kept + picked,
        "back": back,
    }


def _back(
    request: HtmxHttpRequest, said: str, at: datetime, found: company_trash.Going | None = None
) -> HttpResponse:
    here = back_to(request, reverse("desk:companies"))
    undo = ""
    if found is None or found.ids:
        token = _MEMORY.keep([at.isoformat()], request.user)
        undo = f"{reverse('desk:companies-trash-undo', args=[token])}?{urlencode({'next': here})}"
    say(request, said, undo=undo)
    return redirect(request, here)


@require_POST
@access("company.delete")
def undo(request: HtmxHttpRequest, memory: str) -> HttpResponse:
    """Take back what was put in the trash a moment ago; the token says when, and that she did it."""
    [moment] = _MEMORY.read(memory, request.user)
    ids = company_trash.trashed_at(datetime.fromisoformat(moment), request.user)
    back = company_trash.restore_many(company_ids=ids, by=request.user)
    said = ngettext("%(n)d company is back", "%(n)d companies are back", len(back))
    usual = reverse("desk:companies")
    return done(request, said % {"n": len(back)}, back=back_to(request, usual))


@require_safe
@access("company.delete")
def trash_list(request: HtmxHttpRequest) -> HttpResponse:
    """The companies that were put in the trash, and the way back."""
    rows = Company.objects.in_trash_of(request.user).order_by("-deleted_at", "-pk")[:MOST_SHOWN]
    return render(request, "desk/company_trash.html", {"rows": rows})


@require_POST
@access("company.delete")
def restore(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a company out of the trash, whole."""
    company = get_object_or_404(Company.objects.in_trash_of(request.user), pk=pk)
    company_trash.restore_many(company_ids=[company.pk], by=request.user)
    messages.success(request, _("Back, as it was"))
    return redirect(request, company.get_absolute_url())

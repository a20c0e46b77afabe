"""Filling a buying role at a company: somebody we know, somebody new, or a to-do to find one."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from leadflow.models import BuyingRole, Company, Lead
from leadflow.people.access import allowed, require, within
from leadflow.people.models import User
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from qualification import selectors
from qualification.forms import KnownForm, NewPersonForm
from qualification.services import parts


@access("bant.edit")
def company_role(request: HtmxHttpRequest, pk: int, role: str) -> HttpResponseBase:
    """Who has a role at a company, and the ways to fill it; `way` says which form was sent."""
    company = get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    if role not in BuyingRole.values:
        raise Http404
    way = request.POST.get("way", "")
    if way == "take":
        return _taken(request, company)
    people = candidates(company, request.user)
    known = KnownForm(request.POST if way == "known" else None, people=people, prefix="known")
    new = NewPersonForm(request.POST if way == "new" else None, prefix="new")
    if _given(request, company, role, known, new):
        return redirect(request, f"{company.get_absolute_url()}#coverage")
    held = {pk for _c, pk, value, _sure in selectors.authorities_at([company.pk]) if value == role}
    context = {
        "company": company,
        "role": BuyingRole(role),
        "meaning": parts.MEANINGS[BuyingRole(role)],
        "known_form": known,
        "new_form": new,
        "has_people": people.exists(),
        "holders": Lead.objects.visible_to(request.user).filter(pk__in=held).order_by("pk"),
        "may_add": allowed(request.user, "lead.add"),
        "subject": _("Find the %(role)s at %(company)s")
        % {"role": str(BuyingRole(role).label).lower(), "company": company.name},
    }
    status = max(known.status, new.status)
    return render(request, "qualification/role.html", context, status=status)


def candidates(company: Company, user: User) -> QuerySet[Lead]:
    """The people there of whom she may say what they decide."""
    rows = Lead.objects.visible_to(user).filter(within(user, "bant.edit"), company=company)
    return rows.order_by("first_name", "last_name", "pk")


def _given(
    request: HtmxHttpRequest, company: Company, role: str, known: KnownForm, new: NewPersonForm
) -> bool:
    """Whether somebody has the role now by one of the two forms."""
    if known.is_bound and known.is_valid():
        lead = known.cleaned_data["who"]
        return known.attempt(lambda: parts.give(lead=lead, role=role, by=request.user))
    if new.is_bound and new.is_valid():
        require(request.user, "lead.add")
        values = new.cleaned_data
        return new.attempt(
            lambda: parts.add_person(company=company, role=role, values=values, by=request.user)
        )
    return False


def _taken(request: HtmxHttpRequest, company: Company) -> HttpResponse:
    number = request.POST.get("lead", "")
    rows = candidates(company, request.user)
    lead = get_object_or_404(rows, pk=int(number) if number.isdecimal() else 0)
    parts.take(lead=lead, by=request.user)
    messages.success(request, _("What %(name)s decides is not known any more") % {"name": lead})
    return redirect(request, f"{company.get_absolute_url()}#coverage")

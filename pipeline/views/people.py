"""Who is what to a deal: roles given on its page, changed and taken there."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.models import Lead
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect
from pipeline.forms.people import RoleForm
from pipeline.selectors import people
from pipeline.services import roles
from pipeline.views.deals import find, page_with


@require_POST
@access("deal.edit")
def add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Give a person a role in a deal."""
    found = find(request, pk, "deal.edit")
    here = people.participants(found, request.user)
    form = RoleForm(request.POST, deal=found, user=request.user, found=here, prefix="role")
    if form.is_valid():
        values = form.cleaned_data
        if form.attempt(
            lambda: roles.give(
                deal=found, lead=values["lead"], role=values["role"], by=request.user
            )
        ):
            return redirect(request, f"{found.get_absolute_url()}#people")
    return page_with(request, found, {"role_form": form})


@require_POST
@access("deal.edit")
def change(request: HtmxHttpRequest, pk: int, lead: int) -> HttpResponse:
    """Give a person of a deal another role, or none."""
    found = find(request, pk, "deal.edit")
    person = get_object_or_404(Lead.objects.visible_to(request.user), pk=lead)
    back = f"{found.get_absolute_url()}#people"
    role = request.POST.get("role", "")
    if role:
        roles.give(deal=found, lead=person, role=role, by=request.user)
        return redirect(request, back)
    roles.take(deal=found, lead=person, by=request.user)
    words = _("%(who)s has no role in this deal any more") % {"who": person.name}
    return done(request, words, back=back)

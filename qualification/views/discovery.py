"""A discovery call with budget, authority, need and timing in one form, for a lead or a deal of hers."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from leadflow.models import Activity, Lead
from leadflow.people.access import require
from leadflow.people.models import User
from leadflow.services import about, activities
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done
from qualification.forms import DiscoveryForm
from qualification.services import bant as bant_service
from qualification.services import showing
from qualification.views.lead import lead_or_404


@access("bant.edit")
def call(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write a discovery call down with what was learned; `?about=` names a deal that it is about."""
    lead = lead_or_404(request, pk)
    require(request.user, "bant.edit", lead)
    require(request.user, "activity.add", lead)
    subject = about.opened(request.GET.get("about", ""), lead_id=lead.pk)
    form = DiscoveryForm(
        request.POST if request.method == "POST" else None, panel=showing.bant_panel(lead)
    )
    back = subject.back or lead.get_absolute_url()
    good = request.method == "POST" and form.is_valid()
    if good and form.attempt(lambda: kept(form, lead, subject.ref, request.user)):
        return done(request, _("Logged: %(what)s") % {"what": form.result.subject}, back=back)
    context = {"lead": lead, "form": form, "back": back}
    return render(request, "qualification/discovery.html", context, status=form.status)


@transaction.atomic
def kept(form: DiscoveryForm, lead: Lead, ref: str, user: User) -> Activity:
    """The call, each letter that it changed with the call as its evidence, and the next step."""
    values = form.cleaned_data
    row = activities.log(
        kind=Activity.Kind.DISCOVERY, subject=values["subject"], body=values["body"],
        outcome=values["outcome"], minutes=values["minutes"], lead=lead, company=lead.company,
        subject_ref=ref, by=user,
    )  # fmt: skip
    for letter, value, details in form.learned():
        bant_service.answer(
            lead=lead, letter=letter, value=value, details=details, by=user,
            evidence=f"activity:{row.pk}",
        )  # fmt: skip
    if values["next_subject"]:
        activities.plan(
            kind=values["next_kind"] or Activity.Kind.TODO, subject=values["next_subject"],
            due_at=values["next_due_at"], lead=lead, company=lead.company, subject_ref=ref,
            owner=user, by=user,
        )  # fmt: skip
    return row

"""Somebody new, written down in a column of the board of leads without leaving it."""

from django import forms
from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.desk.views.board import BEGIN
from leadflow.errors import Invalid
from leadflow.models import Lead, LeadStage
from leadflow.people.access import require
from leadflow.people.models import Role, User
from leadflow.services import leads
from leadflow.web.forms import StaffForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, render_part, trigger


class AddForm(StaffForm):
    """Who it is, in as few words as a card has."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    email = forms.CharField(label=gettext_lazy("Email"), max_length=254, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=32, required=False)
    company = forms.CharField(label=gettext_lazy("Company"), max_length=200, required=False)

    def values(self) -> dict[str, str]:
        """The fields of a lead; the last word of a name is the family's."""
        data = self.cleaned_data
        first, _space, last = data["name"].strip().rpartition(" ")
        found = {
            "first_name": first,
            "last_name": last,
            "email": data["email"],
            "phone": data["phone"],
        }
        found = {key: value.strip() for key, value in found.items() if value.strip()}
        if not found:
            raise Invalid(
                _("Say who it is."), {"name": [_("Enter a name, an email or a phone number.")]}
            )
        return found


@access("lead.add")
def add(request: HtmxHttpRequest) -> HttpResponse:
    """The small form at the top of a column; without the script a page of its own."""
    stage = request.GET.get("column", "")
    if stage not in BEGIN:
        raise Http404
    if stage not in (LeadStage.SUBSCRIBER, LeadStage.LEAD):
        require(request.user, "lead.advance")
    data = request.POST if request.method == "POST" else None
    form = AddForm(data, prefix="new")
    if (
        data is not None
        and form.is_valid()
        and form.attempt(lambda: added(form, stage, request.user))
    ):
        answer = done(request, told(form, request.user), back=reverse("desk:board"))
        return trigger(answer, **{"lf:board": True})
    context = {"form": form, "stage": LeadStage(stage)}
    return render_part(request, "desk/board_add.html", "card", context, status=form.status)


@transaction.atomic
def added(form: AddForm, stage: str, user: User) -> leads.Outcome:
    """Somebody new in that stage; whoever is known already gets blanks filled and stays where she is."""
    begins = LeadStage.SUBSCRIBER if stage == LeadStage.SUBSCRIBER else LeadStage.LEAD
    outcome = leads.create_or_merge(
        fields=form.values(), company_name=form.cleaned_data["company"], stage=begins, via="hand",
        by=user,
    )  # fmt: skip
    if outcome.created and user.role == Role.REP:
        leads.assign(outcome.lead, owner=user, by=user, reason="added")
    if outcome.created and stage != begins:
        leads.advance(outcome.lead, to=stage, by=user, reason="hand")
    return outcome


def told(form: AddForm, user: User) -> str:
    """What became of it; of a known person no more than the user may see."""
    seen = Lead.objects.visible_to(user).filter(pk=form.result.lead.pk).first()
    if seen is None:
        return _("This person is known already and belongs to somebody else.")
    words = {"name": seen.name, "stage": LeadStage(seen.stage).label}
    if form.result.created:
        return _("%(name)s added to %(stage)s") % words
    return _("%(name)s was known already and stands in %(stage)s") % words

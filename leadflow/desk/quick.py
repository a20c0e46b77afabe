"""What a card of the lead board changes in place: job, phone, owner and next step of one lead."""

from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.desk.owners import owners_for
from leadflow.models import Activity, Lead
from leadflow.people.access import allowed, reaches
from leadflow.people.models import User
from leadflow.services import activities, leads
from leadflow.web.cards import CardForm

FIELDS = ("job_title", "phone", "country")


class QuickLeadForm(CardForm):
    """Job, phone, country, owner and next step of a lead. What she may not change is left out."""

    field_order = (*FIELDS, "owner", "step_kind", "step_at", "version")

    job_title = forms.CharField(label=_("Job title"), max_length=160, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False)
    country = forms.CharField(
        label=_("Country"), max_length=2, required=False, help_text=_("Two letters, such as DE.")
    )

    def __init__(
        self, *args: Any, user: User, lead: Lead, step: Activity | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, record=lead, step=step, **kwargs)
        self.lead = lead
        self.initial = {**self.initial, **{name: getattr(lead, name) for name in FIELDS}}
        may_have = Q(pk__in=owners_for(user).order_by().values("pk")) | Q(pk=lead.owner_id)
        self.offer_owners(User.objects.filter(may_have).order_by("name"), lead.owner_id)
        self._leave_out(user)

    def _leave_out(self, user: User) -> None:
        gone = set()
        if not reaches(user, "lead.give", self.lead):
            gone.add("owner")
        if not allowed(user, "lead.contact_fields"):
            gone.add("phone")
        if not reaches(user, "activity.add", self.lead):
            gone |= {"step_kind", "step_at"}
        for name in gone & self.fields.keys():
            del self.fields[name]

    def lead_values(self) -> dict[str, Any]:
        """What `leads.update` takes: the fields that were shown."""
        return {key: self.cleaned_data[key] for key in FIELDS if key in self.fields}


def step_of(lead: Lead) -> Activity | None:
    """Her next planned step that has a time."""
    rows = Activity.objects.open().filter(lead=lead, due_at__isnull=False)
    return rows.order_by("due_at", "pk").first()


@transaction.atomic
def keep(form: QuickLeadForm, user: User) -> Lead:
    """Store what the card says: all of it, or nothing. StaleVersion where somebody changed her since."""
    data = form.cleaned_data
    lead = leads.update(form.lead, values=form.lead_values(), version=data["version"], by=user)
    owner = data.get("owner")
    if owner and owner.pk != lead.owner_id:
        lead = leads.assign(lead, owner=owner, by=user, reason="hand")
    activities.move_or_plan(
        form.step, kind=data.get("step_kind", ""), due_at=data.get("step_at"), lead=lead,
        owner=lead.owner or user, by=user,
    )  # fmt: skip
    return lead

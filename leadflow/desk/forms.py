"""The forms of the desk."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from leadflow.handover.models import RejectReason
from leadflow.models import Activity, Company, Disposition, Lead, LeadStage, Source
from leadflow.people.access import Scope, scope_of, team_ids
from leadflow.people.models import User
from leadflow.web.forms import DateTimeInput, StaffForm, StaffModelForm
from leadflow.web.rules import ConditionField

LEAD_FIELDS = [
    "first_name", "last_name", "email", "phone", "job_title", "seniority", "department", "city",
    "region", "country", "birth_year", "language", "time_zone", "preferred_channel",
    "preferred_time", "buyer_stage", "funnel_position", "direction", "company", "source",
]  # fmt: skip


class LeadForm(StaffModelForm):
    """What is known of a person; the service writes it and remembers what it was."""

    company_name = forms.CharField(label=_("Company"), max_length=200, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Lead
        fields = [name for name in LEAD_FIELDS if name != "company"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Source.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.order_fields(["first_name", "last_name", "email", "phone", "company_name"])
        if self.instance.pk and self.instance.company:
            self.fields["company_name"].initial = self.instance.company.name
        self.fields["version"].initial = self.instance.version if self.instance.pk else None

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        skipped = {"company_name", "version"}
        return {k: v for k, v in self.cleaned_data.items() if k not in skipped}

    def _post_clean(self) -> None:
        """The service validates against the whole row; the form must not touch the instance."""


class NewLeadForm(LeadForm):
    """The few fields with which a lead begins."""

    class Meta:
        model = Lead
        fields = ["first_name", "last_name", "email", "phone", "job_title", "source"]


class NoteForm(StaffForm):
    """A note."""

    text = forms.CharField(
        label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), max_length=10_000
    )
    is_private = forms.BooleanField(label=_("Only I see it"), required=False)


class ActivityForm(StaffForm):
    """Something done, or the next step: with a due time it is planned, without it is logged."""

    kind = forms.ChoiceField(label=_("What"), choices=Activity.Kind.choices)
    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(
        label=_("Notes"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        max_length=10_000,
    )
    outcome = forms.CharField(label=_("Outcome"), max_length=60, required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=1_440, required=False)
    due_at = forms.DateTimeField(
        label=_("Due"),
        widget=DateTimeInput,
        required=False,
        help_text=_("Leave it empty to log what happened already."),
    )


class StageForm(StaffForm):
    """Another stage, or off the road."""

    to = forms.ChoiceField(label=_("Stage"), choices=LeadStage.choices)
    reason = forms.CharField(label=_("Why"), max_length=200, required=False)


class OffRampForm(StaffForm):
    """Taking a lead off the road."""

    disposition = forms.ChoiceField(
        label=_("What happens"), choices=[c for c in Disposition.choices if c[0]]
    )
    reason = forms.ChoiceField(label=_("Why"), choices=RejectReason.choices)
    return_on = forms.DateField(label=_("Ask again on"), required=False)


class OwnerForm(StaffForm):
    """Another owner, from those whom the user may give leads to."""

    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = owners_for(user)  # type: ignore[attr-defined]


def owners_for(user: User) -> QuerySet[User]:
    """Those to whom the user may give leads."""
    people: QuerySet[User] = User.objects.can_own().order_by("name")
    if scope_of(user, "lead.assign") == Scope.TEAM:
        return people.filter(memberships__team__in=team_ids(user)).distinct()
    return people


class TagForm(StaffForm):
    """A tag to put on leads."""

    name = forms.CharField(label=_("Tag"), max_length=60)


class CompanyForm(StaffModelForm):
    """What is known of a company."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Company
        fields = [
            "name",
            "domain",
            "industry",
            "size",
            "revenue",
            "country",
            "city",
            "founded",
            "owner",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.can_own().order_by("name")  # type: ignore[attr-defined]
        self.fields["version"].initial = self.instance.version if self.instance.pk else None

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {k: v for k, v in self.cleaned_data.items() if k != "version"}

    def _post_clean(self) -> None:
        """The service validates; the form must not touch the instance."""


class RuleForm(StaffForm):
    """The rule of a list."""

    rule = ConditionField("lead", label=_("Show leads that match"), required=False)

"""The forms of distribution."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from distribution.models import Pool
from leadflow.handover.models import RejectReason
from leadflow.people.models import User
from leadflow.web.forms import StaffForm
from leadflow.web.rules import ConditionField


class ReturnForm(StaffForm):
    """Why a lead goes back to marketing."""

    reason = forms.ChoiceField(label=_("Why"), choices=RejectReason.choices)
    note = forms.CharField(
        label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False, max_length=2_000
    )
    return_on = forms.DateField(
        label=_("Ask again on"), required=False, help_text=_("For “fits, but not now”.")
    )


class RuleForm(StaffForm):
    """One rule of the routing policy."""

    name = forms.CharField(label=_("Name"), max_length=80)
    when = ConditionField("lead", label=_("Leads that match"), required=True)
    pool = forms.ModelChoiceField(label=_("Go to the pool"), queryset=Pool.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pool"].queryset = Pool.objects.filter(is_archived=False)  # type: ignore[attr-defined]


class PoolForm(StaffForm):
    """A new pool."""

    name = forms.CharField(label=_("Name"), max_length=120)
    always_open = forms.BooleanField(
        label=_("Works around the clock"),
        required=False,
        help_text=_("Members get leads outside their working hours, too."),
    )


class MemberForm(StaffForm):
    """A person's place in a pool."""

    user = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none())
    weight = forms.IntegerField(label=_("Weight"), min_value=1, max_value=100, initial=1)
    open_cap = forms.IntegerField(
        label=_("Most open leads"),
        min_value=0,
        required=False,
        help_text=_("Empty means no limit."),
    )
    day_cap = forms.IntegerField(
        label=_("Most leads a day"),
        min_value=0,
        required=False,
        help_text=_("Empty means no limit."),
    )
    is_paused = forms.BooleanField(label=_("Paused"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = User.objects.can_own().order_by("name")  # type: ignore[attr-defined]

"""Giving a person a role in a deal."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.models import BuyingRole, Lead
from leadflow.people.models import User
from leadflow.web.forms import StaffForm
from pipeline.models import Deal
from pipeline.selectors import people


class WhoField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """People by name and what they do, since a company may have two of a name."""

    def label_from_instance(self, obj: Any) -> str:
        """Her name, and her job where it is known."""
        return f"{obj.name}, {obj.job_title}" if obj.job_title else str(obj.name)


class RoleForm(StaffForm):
    """Somebody of the company, or any other lead by address, and her role."""

    who = WhoField(
        Lead.objects.none(), label=lazy("Who"), required=False, empty_label=lazy("By address")
    )
    person = forms.EmailField(
        label=lazy("Email address"),
        required=False,
        help_text=lazy("Of one of your leads, where the list does not have them."),
    )
    role = forms.ChoiceField(label=lazy("Role"), choices=BuyingRole.choices)

    def __init__(
        self, *args: Any, deal: Deal, user: User, found: Sequence[people.Participant], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        near = people.candidates(deal, user, found)
        field = self.fields["who"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = near
        if not near.exists():
            del self.fields["who"]

    def clean(self) -> dict[str, Any]:
        """One person, whichever way she is named; the list goes before the address."""
        values = super().clean() or {}
        email = str(values.get("person") or "").strip()
        lead = values.get("who")
        if lead is None and email:
            lead = Lead.objects.visible_to(self.user).filter(email__iexact=email).first()
            if lead is None:
                self.add_error(
                    "person", _("None of your leads has this address. Add the person first.")
                )
        elif lead is None and not self.errors:
            first = "who" if "who" in self.fields else "person"
            self.add_error(first, _("Say who it is."))
        values["lead"] = lead
        return values

"""Sharing a deal out among colleagues."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Invalid
from leadflow.people.models import User
from leadflow.web.forms import StaffForm
from pipeline.models import Deal, DealSplit
from pipeline.rules import MOST_SHARERS
from pipeline.services import splits


class SplitForm(StaffForm):
    """One colleague's share."""

    user = forms.ModelChoiceField(
        User.objects.none(), label=lazy("Who"), empty_label=lazy("Choose")
    )
    share = forms.DecimalField(
        label=lazy("Share, %"), max_digits=5, decimal_places=2, required=False,
        min_value=Decimal("0.01"), max_value=100,
        help_text=lazy("Empty for the owner: what the others leave."),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=lazy("Counts as"),
        choices=DealSplit.Kind.choices,
        initial=DealSplit.Kind.REVENUE,
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = people

    def has_changed(self) -> bool:
        """A row without a name is an empty row, whatever its kind says."""
        return any(self.data.get(self.add_prefix(name)) for name in ("user", "share"))


class BaseSplitFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    """The shares of one deal, which add up or are none."""

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        self.deal = deal
        self.shares: list[splits.Share] = []
        super().__init__(*args, **kwargs)

    def add_fields(self, form: SplitForm, index: int | None) -> None:
        """A share is removed, not deleted: the colleague stays."""
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove")
        if index:  # said once, above
            form.fields["share"].help_text = ""

    def clean(self) -> None:
        """The service says whether they add up; it says so again when they are stored."""
        if any(self.errors):
            return
        rows = [form for form in self.forms if form not in self.deleted_forms]
        self.shares = [
            splits.Share(
                user=form.cleaned_data["user"],
                percent=form.cleaned_data.get("share"),
                kind=form.cleaned_data["kind"],
            )
            for form in rows
            if form.cleaned_data.get("user")
        ]
        try:
            splits.checked(self.shares, owner_id=self.deal.owner_id)
        except Invalid as error:
            raise forms.ValidationError(str(error)) from error


SplitFormSet: type[BaseSplitFormSet] = forms.formset_factory(  # type: ignore[assignment]
    SplitForm, formset=BaseSplitFormSet, extra=2, can_delete=True, max_num=MOST_SHARERS
)

"""What people type about concessions, offers on deals, and how much is free to give."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.offers.models import Offer
from leadflow.people.models import Role
from leadflow.web.forms import StaffForm
from pipeline.forms import amount_field
from pipeline.models import Concession, Deal, Given, Pipeline
from pipeline.selectors import negotiation
from pipeline.services.negotiating import Terms


def _reason() -> forms.CharField:
    return forms.CharField(
        label=lazy("Why it should be agreed to"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=lazy("For your manager, where it goes beyond what is free to give."),
    )


class ConcessionForm(StaffForm):
    """One point of a negotiation."""

    subject = forms.ChoiceField(label=lazy("About"), choices=Concession.Subject.choices)
    asked = forms.CharField(label=lazy("What they ask"), max_length=300)
    state = forms.ChoiceField(
        label=lazy("Do we give it?"),
        choices=[
            (Given.ASKED, lazy("Not decided yet")),
            (Given.GIVEN, lazy("Yes")),
            (Given.REFUSED, lazy("No")),
        ],
        initial=Given.ASKED,
        widget=forms.RadioSelect,
    )
    given = forms.CharField(label=lazy("What we give"), max_length=300, required=False)
    got = forms.CharField(
        label=lazy("What we get for it"),
        max_length=300,
        required=False,
        help_text=lazy("An earlier signature, a longer term, a reference."),
    )
    worth = amount_field(required=False)
    reason = _reason()

    def __init__(self, *args: Any, deal: Deal, row: Concession | None = None, **kwargs: Any) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.fields["worth"].label = _("What it is worth, in %s") % deal.currency
        if row is not None:
            names = ("subject", "asked", "given", "got", "worth", "state")
            self.initial = {name: getattr(row, name) for name in names}
            if row.state == Given.WAITING:
                self.initial["state"] = Given.GIVEN

    def terms(self) -> Terms:
        """As the service takes it."""
        names = ("subject", "asked", "given", "got", "worth", "state")
        return Terms(**{name: self.cleaned_data[name] for name in names})


class OfferForm(StaffForm):
    """Which offer is used on the deal."""

    offer = forms.ModelChoiceField(
        Offer.objects.none(), label=lazy("Offer"), empty_label=lazy("Choose")
    )
    reason = _reason()

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["offer"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = negotiation.usable(deal)


class LimitsForm(StaffForm):
    """How much each role may give away, everywhere and in each pipeline; empty goes by the wider one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known, names = negotiation.limits(), dict(Role.choices)
        places = [(0, _("Every pipeline")), *Pipeline.objects.in_use().values_list("pk", "name")]
        self.rows: list[tuple[str, list[str]]] = []
        for pk, place in places:
            keys = []
            for role in negotiation.ROLES:
                key = f"limit_{pk}_{role}"
                self.fields[key] = forms.DecimalField(
                    label=names[role], max_digits=5, decimal_places=2, min_value=0, max_value=100,
                    required=False, initial=known.get((pk, role)),
                    widget=forms.NumberInput(attrs={"class": "lf-input", "inputmode": "decimal", "step": "any"}),
                )  # fmt: skip
                keys.append(key)
            self.rows.append((str(place), keys))

    @property
    def places(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields of each pipeline, under its name."""
        return [(place, [self[key] for key in keys]) for place, keys in self.rows]

    def limits(self) -> Mapping[tuple[int, str], Decimal | None]:
        """By pipeline (0: each) and role."""
        found = {}
        for key, value in self.cleaned_data.items():
            _limit, pk, role = key.split("_", 2)
            found[int(pk), role] = value
        return found

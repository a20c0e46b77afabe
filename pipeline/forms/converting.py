"""What people choose when a lead becomes a deal."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.models import BuyingRole, Company, Lead
from leadflow.people.models import User
from leadflow.services.briefing import Brief, brief_of
from leadflow.web.forms import StaffForm
from pipeline import selectors
from pipeline.forms import amount_field, currencies
from pipeline.models import Deal, PipelineStage

# which field of a deal begins with which of the four
FROM = {"amount": "budget", "expected_close_on": "timing", "need": "need", "role": "authority"}


class ConvertForm(StaffForm):
    """Which company and which deal a lead becomes."""

    NEW, EXISTING, NONE = "new", "existing", "none"
    _WAYS = (
        (NEW, lazy("Open a new deal")),
        (EXISTING, lazy("Join a deal that is there")),
        (NONE, lazy("No deal")),
    )

    company = forms.ModelChoiceField(
        Company.objects.none(),
        label=lazy("Company"),
        required=False,
        empty_label=lazy("Another, by name"),
    )
    company_name = forms.CharField(
        label=lazy("Name of the company"),
        max_length=200,
        required=False,
        help_text=lazy("Found by its name, else made. Empty: no company."),
    )
    what = forms.ChoiceField(
        label=lazy("Deal"),
        choices=_WAYS,
        widget=forms.RadioSelect,
        initial=NEW,
    )
    deal = forms.ModelChoiceField(
        Deal.objects.none(), label=lazy("Which deal"), required=False, empty_label=lazy("Choose")
    )
    name = forms.CharField(label=lazy("Name of the deal"), max_length=200, required=False)
    stage = forms.ModelChoiceField(
        PipelineStage.objects.none(), label=lazy("Stage"), required=False, empty_label=None
    )
    amount = amount_field(required=False)
    currency = forms.ChoiceField(label=lazy("Currency"), required=False)
    expected_close_on = forms.DateField(label=lazy("Expected close"), required=False)
    need = forms.CharField(label=lazy("What they need"), max_length=300, required=False)
    role = forms.ChoiceField(
        label=lazy("What the person is to the deal"),
        choices=[("", lazy("Not known yet")), *BuyingRole.choices],
        required=False,
    )

    def __init__(self, *args: Any, lead: Lead, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lead = lead
        typed = str(self.data.get("company_name", "")) if self.is_bound else ""
        matches = selectors.companies_like(user, lead, typed)
        stages = selectors.open_stages()
        deals = selectors.deals_to_join(user, lead)
        for name, rows in (("company", matches), ("deal", deals), ("stage", stages)):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows
        if not deals.exists():
            self._drop_joining()
        company = lead.company or matches.first()
        self.initial = {
            "company": company,
            "what": self.NEW,
            "stage": stages.first(),
            "name": _("%(who)s, new deal") % {"who": company.name if company else lead.name},
        }
        self._begin_with(brief_of(lead))

    def _begin_with(self, brief: Brief) -> None:
        """What is known of budget, timing, need and authority, each with who says so."""
        self.brief = brief
        known = currencies()
        mine = brief.currency or known[0][0]
        field = self.fields["currency"]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(dict.fromkeys([*known, (mine, mine)]))
        amount = None if brief.amount is None else f"{brief.amount:.2f}"
        self.initial = {
            **self.initial, "amount": amount, "currency": mine,
            "expected_close_on": brief.close_on, "need": brief.need, "role": brief.role,
        }  # fmt: skip
        for name, about in FROM.items():
            if fact := brief.about(about):
                told = {"letter": fact.label, "words": fact.words, "who": fact.source}
                words = (
                    _("%(letter)s: %(words)s (%(who)s)")
                    if fact.source
                    else _("%(letter)s: %(words)s")
                )
                self.fields[name].help_text = words % told

    def seen(self) -> dict[str, Any]:
        """What the form says as it stands, as far as it can be read: for the preview."""
        if not self.is_bound:
            return {name: self.initial.get(name) for name in self.fields}
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}

    def _drop_joining(self) -> None:
        what = self.fields["what"]
        if isinstance(what, forms.ChoiceField):
            what.choices = [pair for pair in self._WAYS if pair[0] != self.EXISTING]

    def clean(self) -> dict[str, Any]:
        """A new deal needs its name, a joined one has to be chosen."""
        values = super().clean() or {}
        if values.get("what") == self.NEW and not values.get("name"):
            self.add_error("name", _("Name the deal."))
        if values.get("what") == self.NEW and not values.get("stage"):
            self.add_error("stage", _("Choose a stage."))
        if values.get("what") == self.EXISTING and not values.get("deal"):
            self.add_error("deal", _("Choose the deal."))
        return values

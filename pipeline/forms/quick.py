"""The few fields that a card of the board changes in place."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.models import Activity
from leadflow.people.models import User
from leadflow.web.cards import CardForm
from pipeline import selectors
from pipeline.forms import amount_field
from pipeline.models import Deal


class QuickForm(CardForm):
    """Amount, close, owner and next step of one deal."""

    field_order = ("amount", "expected_close_on", "owner", "step_kind", "step_at", "version")

    amount = amount_field(required=False)
    expected_close_on = forms.DateField(label=lazy("Closes"), required=False)

    def __init__(
        self, *args: Any, user: User, deal: Deal, step: Activity | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, record=deal, step=step, **kwargs)
        self.initial = {
            **self.initial,
            "amount": None if deal.amount is None else f"{deal.amount:.2f}",
            "expected_close_on": deal.expected_close_on,
        }
        self._leave_out(deal)
        owners = selectors.possible_owners(user)
        self.offer_owners(owners, deal.owner_id)
        if deal.owner_id and not owners.exclude(pk=deal.owner_id).exists():
            del self.fields["owner"]  # nobody else to give it to

    def _leave_out(self, deal: Deal) -> None:
        if deal.follows_lines:  # the amount is what the lines add up to
            del self.fields["amount"]
        else:
            words = _("Amount in %(currency)s") % {"currency": deal.currency}
            self.fields["amount"].label = words

    def deal_values(self) -> dict[str, Any]:
        """What `deals.edit` takes: the fields that were shown."""
        shown = ("amount", "expected_close_on", "owner")
        return {key: self.cleaned_data[key] for key in shown if key in self.fields}

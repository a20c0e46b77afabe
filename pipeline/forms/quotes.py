"""What people type about quotes, ours and the customer's."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.web.forms import StaffForm
from leadflow.web.templatetags.formats import money_exact
from pipeline.forms import today
from pipeline.forms.lines import BaseLineFormSet, LineForm
from pipeline.models import QuoteVersion
from pipeline.services.quotes import Line


class QuoteForm(StaffForm):
    """What stands around the lines."""

    recipient = forms.CharField(label=lazy("For"), max_length=300, required=False)
    valid_until = forms.DateField(label=lazy("Valid until"))
    words = forms.CharField(
        label=lazy("Words before the lines"),
        max_length=5_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    terms = forms.CharField(
        label=lazy("Terms"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, version: QuoteVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(version, name) for name in self.fields}

    def clean_valid_until(self) -> Any:
        """A quote that has run out already helps nobody."""
        day = self.cleaned_data["valid_until"]
        if day < today():
            raise forms.ValidationError(_("Pick today or a day to come."))
        return day


class QuoteLineForm(LineForm):
    """A line of a quote: as on the deal."""

    def quote_line(self) -> Line:
        """As the service takes it."""
        values = self.cleaned_data
        return Line(
            product=values["product"],
            text=values["text"] or str(values["product"]),
            quantity=values["quantity"],
            price=values["price"],
            discount=values["discount"] or Decimal(0),
            tax=values["tax"] or Decimal(0),
            billing=values["billing"],
            term_months=values["term_months"],
        )


QuoteLineFormSet = forms.formset_factory(
    QuoteLineForm, formset=BaseLineFormSet, extra=1, can_delete=True, max_num=100
)


class SendForm(StaffForm):
    """To whom the link goes by mail; without an address somebody hands it over."""

    email = forms.EmailField(
        label=lazy("Mail the link to"),
        required=False,
        help_text=lazy("Empty: you hand the link over yourself."),
    )
    note = forms.CharField(
        label=lazy("Your words in the mail"),
        max_length=3_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AnswerForm(forms.Form):
    """The customer's word. Plain: her page knows nothing of our application."""

    verdict = forms.ChoiceField(choices=[("accept", ""), ("decline", "")])
    name = forms.CharField(
        label=lazy("Your name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    agree = forms.BooleanField(required=False)
    reason = forms.CharField(
        label=lazy("Why? (you may leave it empty)"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, version: QuoteVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        total = money_exact(version.totals.gross, version.currency)
        words = _("I accept this quote over %(total)s and may do so.")
        self.fields["agree"].label = words % {"total": total}

    def clean(self) -> dict[str, Any]:
        """Accepting takes a name and a tick; declining takes neither."""
        values = super().clean() or {}
        if values.get("verdict") == "accept":
            if not values.get("name"):
                self.add_error("name", _("Type your name."))
            if not values.get("agree"):
                self.add_error("agree", _("Tick that you accept."))
        return values

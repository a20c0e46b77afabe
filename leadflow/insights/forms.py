"""Forms of the numbers: what was spent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.insights.models import Target
from leadflow.insights.spending import Spend
from leadflow.models import Campaign, Organisation, Source, SpendEntry
from leadflow.web.forms import StaffForm, StaffModelForm

MOST_BYTES = 1_000_000


class SpendForm(StaffModelForm):
    """One entry."""

    class Meta:
        model = SpendEntry
        fields = (
            "source",
            "starts_on",
            "ends_on",
            "amount",
            "currency",
            "rate",
            "campaign",
            "note",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        base = Organisation.current().base_currency
        self.fields["source"].queryset = Source.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["ends_on"].help_text = _("Both days are included. Spend is shared out by days.")
        self.fields["currency"].initial = base
        self.fields["rate"].required = False
        self.fields["rate"].label = _("Exchange rate")
        if self.instance.rate is not None:
            self.initial["rate"] = f"{self.instance.rate.normalize():f}"  # 1, not 1.00000000
        self.fields["rate"].help_text = _(
            "What one unit is worth in %(base)s. Left empty, the rate of the first day is taken from Settings."
        ) % {"base": base}

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def spend(self) -> Spend:
        """What was typed."""
        return Spend(**{name: self.cleaned_data[name] for name in self.Meta.fields})


class SpendFileForm(StaffForm):
    """Many entries, pasted or as a file."""

    text = forms.CharField(
        label=_("Lines"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("First line: source, from, to, amount, currency, note. Days as 2026-11-30."),
    )
    file = forms.FileField(label=_("or a CSV file"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        file = values.get("file")
        if file is not None:
            if file.size > MOST_BYTES:
                raise forms.ValidationError(_("The file is over 1 MB. Split it."))
            try:
                values["text"] = file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise forms.ValidationError(
                    _("Save the file as UTF-8 and choose it again.")
                ) from None
        if not (values.get("text") or "").strip():
            raise forms.ValidationError(_("Paste some lines, or choose a file."))
        return values


class TargetForm(StaffModelForm):
    """What one person means to win in a month, and her plan for a working day."""

    class Meta:
        model = Target
        fields = ("amount", "calls", "mails", "meetings")
        labels = {
            "amount": _("To win"),
            "calls": _("Calls a day"),
            "mails": _("Mails a day"),
            "meetings": _("Meetings a day"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].required = False
        self.fields["amount"].min_value = 0  # type: ignore[attr-defined]
        for name in ("calls", "mails", "meetings"):
            self.fields[name].required = False

    def clean_amount(self) -> Any:
        """Empty means that there is no target."""
        amount = self.cleaned_data["amount"]
        if amount is not None and amount < 0:
            raise forms.ValidationError(_("A target is 0 or more. Leave it empty for none."))
        return amount

    def clean(self) -> dict[str, Any]:
        """An empty plan is a plan of none."""
        values: dict[str, Any] = super().clean() or {}
        return values | {name: values.get(name) or 0 for name in ("calls", "mails", "meetings")}

"""What people type about deals; services decide whether it can be taken."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.kit import clock, text
from leadflow.models import Activity, Company, CustomField, ExchangeRate, Lead, Organisation
from leadflow.people.models import User
from leadflow.services import companies
from leadflow.web.forms import DateTimeInput, StaffForm, dress
from pipeline import selectors
from pipeline.models import Deal, LostReason, Pipeline, PipelineStage, Product
from pipeline.services.deals import LineIn


def amount_field(**more: Any) -> forms.DecimalField:
    """An amount of money as people type it."""
    return forms.DecimalField(
        label=lazy("Amount"), max_digits=18, decimal_places=2, localize=False,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": "0"}), **more,
    )  # fmt: skip


def currencies() -> list[tuple[str, str]]:
    """The base currency, then those with a rate."""
    base = Organisation.current().base_currency
    rated = ExchangeRate.objects.order_by("currency").values_list("currency", flat=True).distinct()
    return [(code, code) for code in dict.fromkeys([base, *rated])]


def custom_field(field: CustomField) -> forms.Field:
    """The form field of a field that the organisation made for deals."""
    plain: dict[str, Any] = {"label": field.label, "required": False, "help_text": field.help_text}
    choices = [(str(one), str(one)) for one in field.choices]
    match field.type:
        case CustomField.Type.NUMBER:
            return forms.DecimalField(**plain)
        case CustomField.Type.DATE:
            return forms.DateField(**plain)
        case CustomField.Type.CHOICE:
            return forms.ChoiceField(choices=[("", "—"), *choices], **plain)
        case CustomField.Type.CHOICES:
            return forms.MultipleChoiceField(choices=choices, **plain)
        case CustomField.Type.BOOLEAN:
            return forms.BooleanField(**plain)
    return forms.CharField(max_length=500, **plain)


class DealForm(StaffForm):
    """A new deal, or the fields of one that is there."""

    name = forms.CharField(label=lazy("Name"), max_length=200)
    stage = forms.ModelChoiceField(
        PipelineStage.objects.none(), label=lazy("Stage"), empty_label=None
    )
    company_name = forms.CharField(
        label=lazy("Company"),
        max_length=200,
        required=False,
        help_text=lazy("Found by its name, else made."),
    )
    person = forms.EmailField(
        label=lazy("Person"),
        required=False,
        help_text=lazy("The email address of one of your leads."),
    )
    amount = amount_field(required=False)
    currency = forms.ChoiceField(label=lazy("Currency"))
    expected_close_on = forms.DateField(label=lazy("Expected close"), required=False)
    probability = forms.IntegerField(
        label=lazy("Probability, if not the stage's"),
        min_value=1,
        max_value=99,
        required=False,
        help_text=lazy("Per cent. Holds until the deal moves to another stage."),
    )
    kind = forms.ChoiceField(
        label=lazy("Kind"),
        choices=[("", lazy("By itself: expansion for a customer")), *Deal.Kind.choices],
        required=False,
    )
    owner = forms.ModelChoiceField(User.objects.none(), label=lazy("Owner"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, user: User, pipeline: Pipeline | None = None, deal: Deal | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        self.user, self.deal = user, deal
        super().__init__(*args, **kwargs)
        self._choose("stage", selectors.open_stages(pipeline))
        self._choose("owner", selectors.possible_owners(user))
        self._set_currencies()
        if deal is None:
            del self.fields["probability"]
        else:
            self._fill_from(deal)
        self.custom = list(CustomField.objects.filter(subject="deal", is_archived=False))
        for field in self.custom:
            self.fields[f"custom_{field.key}"] = made = custom_field(field)
            made.initial = deal.custom.get(field.key) if deal else None
            dress(made)

    def _choose(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    def _set_currencies(self) -> None:
        field = self.fields["currency"]
        if isinstance(field, forms.ChoiceField):
            known = currencies()
            mine = self.deal.currency if self.deal else known[0][0]
            field.choices = list(dict.fromkeys([*known, (mine, mine)]))
            field.initial = mine

    def _fill_from(self, deal: Deal) -> None:
        del self.fields["stage"]
        if deal.follows_lines:
            del self.fields["amount"]
        person = deal.lead.email if deal.lead else ""
        self.initial = {
            "name": deal.name,
            "company_name": deal.company.name if deal.company else "",
            "person": person,
            "amount": None if deal.amount is None else f"{deal.amount:.2f}",
            "expected_close_on": deal.expected_close_on,
            "probability": deal.probability,
            "kind": deal.kind,
            "owner": deal.owner_id,
            "version": deal.version,
            **self.initial,
        }

    def clean_person(self) -> str:
        """The address of a lead that she may see."""
        email = str(self.cleaned_data["person"]).strip().lower()
        self.lead: Lead | None = None
        if self.deal and self.deal.lead and email == self.deal.lead.email:
            self.lead = self.deal.lead
        elif email:
            self.lead = Lead.objects.visible_to(self.user).filter(email__iexact=email).first()
            if self.lead is None:
                raise forms.ValidationError(
                    _("None of your leads has this address. Add the person first.")
                )
        return email

    def company(self) -> Company | None:
        """The company of that name; made where it is new."""
        name = text.one_line(self.cleaned_data["company_name"])
        if self.deal and self.deal.company and name == self.deal.company.name:
            return self.deal.company
        return companies.match_or_create(name=name) if name else None

    def custom_values(self) -> dict[str, Any]:
        """The organisation's own fields as they are stored."""
        found = {}
        for field in self.custom:
            value = self.cleaned_data.get(f"custom_{field.key}")
            if isinstance(value, Decimal):
                value = float(value)
            found[field.key] = value.isoformat() if isinstance(value, date) else value
        return found


class WinForm(StaffForm):
    """What was agreed, and when."""

    amount = amount_field(required=True)
    on = forms.DateField(label=lazy("Contract date"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = None if deal.amount is None else deal.amount.quantize(Decimal("0.01"))
        self.initial = {"amount": amount, "on": today(), "version": deal.version}
        self.fields["amount"].widget.attrs["autofocus"] = True
        self.fields["amount"].label = _("Amount in %(currency)s") % {"currency": deal.currency}
        if deal.follows_lines:
            self.fields["amount"].help_text = _("Follows the lines of the deal.")


class LoseForm(StaffForm):
    """Why it was lost, to whom, and when to come back."""

    reason = forms.ModelChoiceField(
        LostReason.objects.none(), label=lazy("Reason"), empty_label=lazy("Choose")
    )
    competitor = forms.CharField(
        label=lazy("Competitor"),
        max_length=120,
        required=False,
        help_text=lazy("Who won it, if somebody did."),
    )
    return_on = forms.DateField(
        label=lazy("Come back on"),
        required=False,
        help_text=lazy("The person goes back to marketing until then."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, deal: Deal, later: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.later = later
        reasons = selectors.lost_reasons()
        field = self.fields["reason"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = reasons
        self.initial = {"version": deal.version}
        first = "return_on" if later else "reason"
        self.fields[first].widget.attrs["autofocus"] = True
        if later:
            self.fields["return_on"].required = True
            self.initial["reason"] = reasons.filter(name="Timing").first()


class MoveForm(StaffForm):
    """Another stage, for the deal page and for browsers without the script."""

    column = forms.ModelChoiceField(
        PipelineStage.objects.none(), label=lazy("Move to"), empty_label=None
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["column"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = selectors.open_stages(deal.pipeline)
        self.initial = {"column": deal.stage_id, "version": deal.version}


class LineForm(forms.Form):
    """One line of a deal."""

    product = forms.ModelChoiceField(
        Product.objects.none(),
        required=False,
        label=lazy("Product"),
        empty_label=lazy("Not listed"),
    )
    text = forms.CharField(max_length=200, required=False, label=lazy("Text"))
    quantity = forms.DecimalField(
        max_digits=14,
        decimal_places=3,
        min_value=Decimal("0.001"),
        initial=1,
        label=lazy("Quantity"),
    )
    price = forms.DecimalField(
        max_digits=18, decimal_places=4, min_value=0, required=False, label=lazy("Price")
    )
    discount = forms.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False,
        label=lazy("Discount, %"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["product"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = selectors.products()
        for one in self.fields.values():
            dress(one)

    def clean(self) -> dict[str, Any]:
        """A product's own price where none was typed; a line says what it is."""
        values = super().clean() or {}
        product = values.get("product")
        if not product and not values.get("text"):
            self.add_error("text", _("Choose a product or say what it is."))
        if values.get("price") is None:
            values["price"] = product.price if product else None
            if values["price"] is None and "price" not in self.errors:
                self.add_error("price", _("Enter the price."))
        return values

    def line(self) -> LineIn:
        """As the service takes it."""
        values = self.cleaned_data
        return LineIn(
            product=values["product"],
            text=values["text"],
            quantity=values["quantity"],
            price=values["price"],
            discount=values["discount"] or Decimal(0),
        )


LineFormSet = forms.formset_factory(LineForm, extra=1, can_delete=True, max_num=100)


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
    expected_close_on = forms.DateField(label=lazy("Expected close"), required=False)

    def __init__(self, *args: Any, lead: Lead, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lead = lead
        matches = selectors.companies_like(user, lead)
        stages = selectors.open_stages()
        for name, rows in (
            ("company", matches), ("deal", selectors.deals_to_join(user, lead)), ("stage", stages),
        ):  # fmt: skip
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows
        if not selectors.deals_to_join(user, lead).exists():
            self._drop_joining()
        company = lead.company
        self.initial = {
            "company": company,
            "what": self.NEW,
            "stage": stages.first(),
            "name": _("%(who)s, new deal") % {"who": company.name if company else lead.name},
        }

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


class StepForm(StaffForm):
    """The next step with a deal."""

    kind = forms.ChoiceField(label=lazy("What"), choices=Activity.Kind.choices)
    subject = forms.CharField(label=lazy("Subject"), max_length=200)
    due_at = forms.DateTimeField(label=lazy("When"), widget=DateTimeInput())


class NoteForm(StaffForm):
    """Free words about a deal."""

    text = forms.CharField(
        label=lazy("Note"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )


def today() -> date:
    """The day where the reader is."""
    return timezone.localtime(clock.now()).date()


def moment_of(day: date) -> datetime:
    """A day that somebody typed as a moment: now for today, else noon, so no time zone shifts it."""
    if day == today():
        return clock.now()
    return timezone.make_aware(datetime.combine(day, time(12)))

"""What people type about the lines of a deal."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.web.forms import StaffForm
from pipeline import selectors
from pipeline.models import Billing, Product
from pipeline.models.product import LONGEST_TERM
from pipeline.services.deals import LineIn


class LineForm(StaffForm):
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
    billing = forms.ChoiceField(
        label=lazy("Paid"), required=False, choices=[("", lazy("as usual")), *Billing.choices]
    )
    term_months = forms.IntegerField(
        label=lazy("Term, months"), required=False, min_value=1, max_value=LONGEST_TERM
    )
    tax = forms.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False,
        label=lazy("Tax, %"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["product"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = selectors.products()

    def clean(self) -> dict[str, Any]:
        """A product's own price, billing, term and tax where none was typed; a line says what it is."""
        values = super().clean() or {}
        product = values.get("product")
        if not product and not values.get("text"):
            self.add_error("text", _("Choose a product or say what it is."))
        if values.get("price") is None:
            values["price"] = product.price if product else None
            if values["price"] is None and "price" not in self.errors:
                self.add_error("price", _("Enter the price."))
        usual = (product.billing, product.term_months) if product else (Billing.ONCE, None)
        values["billing"] = values.get("billing") or usual[0]
        if values["billing"] == Billing.ONCE:
            values["term_months"] = None
        elif not values.get("term_months"):
            values["term_months"] = usual[1] or 12
        if values.get("tax") is None and product:
            values["tax"] = product.tax
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
            billing=values["billing"],
            term_months=values["term_months"],
            tax=values["tax"],
        )


class BaseLineFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    """The lines of one deal."""

    def add_fields(self, form: LineForm, index: int | None) -> None:
        """A line is removed, not deleted: the deal stays."""
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove")


LineFormSet = forms.formset_factory(
    LineForm, formset=BaseLineFormSet, extra=1, can_delete=True, max_num=100
)

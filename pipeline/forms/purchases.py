"""What people type about what a customer bought."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as lazy

from leadflow.kit import clock
from leadflow.models import Customer
from leadflow.web.forms import StaffForm
from pipeline.forms import amount_field, currencies
from pipeline.models import Product, Subscription
from pipeline.services.purchases import Bought


class PurchaseForm(StaffForm):
    """What an order and a subscription have in common."""

    title = forms.CharField(label=lazy("What"), max_length=200)
    amount = amount_field()
    currency = forms.ChoiceField(label=lazy("Currency"))
    product = forms.ModelChoiceField(
        Product.objects.filter(is_active=True), label=lazy("Product"), required=False
    )
    on = forms.DateField(label=lazy("Day"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = currencies()  # type: ignore[attr-defined]
        self.fields["on"].initial = clock.now().date()

    def bought(self, customer: Customer) -> Bought:
        """As the service takes it."""
        return Bought(customer=customer, **self.cleaned_data)


class OrderForm(PurchaseForm):
    """Something bought once."""


class SubscriptionForm(PurchaseForm):
    """Something paid for again and again."""

    on = forms.DateField(label=lazy("Started"))
    interval = forms.ChoiceField(
        label=lazy("Paid every"), choices=Subscription.Interval.choices, initial="year"
    )
    renews_on = forms.DateField(
        label=lazy("Renews"), required=False, help_text=lazy("Empty: one interval after the start.")
    )


class LeaveForm(StaffForm):
    """Why a customer left."""

    reason = forms.CharField(label=lazy("Why did it leave?"), max_length=200)

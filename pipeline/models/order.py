"""What customers bought, once and again and again."""

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Customer, Origin
from leadflow.models.organisation import currency_code
from pipeline.models.deal import Deal
from pipeline.models.product import Product


class Purchase(models.Model):
    """What an order and a subscription have in common: who bought what for how much."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="%(class)ss")
    deal = models.ForeignKey(
        Deal, models.SET_NULL, null=True, blank=True, related_name="%(class)ss"
    )
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="%(class)ss",
        verbose_name=_("product"),
    )
    title = models.CharField(_("what"), max_length=200)
    amount = models.DecimalField(
        _("amount"), max_digits=18, decimal_places=4, validators=[MinValueValidator(Decimal(0))]
    )
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    # in the base currency at the rate of the day; empty where no rate is known
    base_amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)

    # how we know it
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    external_system = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title


def once_per_external_id(name: str) -> Any:
    """A row of another system is taken in once."""
    return models.UniqueConstraint(
        F("external_system"), F("external_id"), condition=~Q(external_id=""), name=name
    )


class Order(Purchase):
    """Something bought once; written down by hand or by an import."""

    on = models.DateField(_("day"))
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Sensitivity:
        """S1: what the customer pays."""

        S1 = ("title", "amount", "currency", "base_amount")
        S0 = (
            "customer", "deal", "product", "origin", "external_system", "external_id", "created_at",
            "on", "cancelled_at",
        )  # fmt: skip

    class Meta:
        constraints = [once_per_external_id("order_once_per_external_id")]
        # the orders of a customer, the newest first
        indexes = [models.Index(fields=["customer", "-on"], name="order_of_customer")]


class Subscription(Purchase):
    """Something paid for again and again; `amount` is for one interval.

    It runs until `ended_on`, and its owner is reminded before `renews_on`.
    """

    class Interval(models.TextChoices):
        """How often it is paid."""

        MONTH = "month", _("month")
        QUARTER = "quarter", _("quarter")
        YEAR = "year", _("year")

    interval = models.CharField(
        _("paid every"), max_length=8, choices=Interval.choices, default=Interval.YEAR
    )
    started_on = models.DateField(_("started"))
    renews_on = models.DateField(_("renews"), null=True, blank=True)
    ended_on = models.DateField(_("ended"), null=True, blank=True)
    reminded_for = models.DateField(null=True, blank=True)  # the renewal that a to-do was made for

    class Sensitivity:
        """S1: what the customer pays."""

        S1 = ("title", "amount", "currency", "base_amount")
        S0 = (
            "customer", "deal", "product", "origin", "external_system", "external_id", "created_at",
            "interval", "started_on", "renews_on", "ended_on", "reminded_for",
        )  # fmt: skip

    class Meta:
        constraints = [
            once_per_external_id("subscription_once_per_external_id"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                name="subscription_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "renews_on"], name="subscription_of_customer"),
            # whose renewal comes near
            models.Index(
                fields=["renews_on"], condition=Q(ended_on=None), name="subscription_renews"
            ),
        ]

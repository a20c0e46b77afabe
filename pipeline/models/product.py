"""What is sold."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadflow.models.organisation import currency_code


class Billing(models.TextChoices):
    """How often a price is paid; those but once are the intervals of a subscription."""

    ONCE = "once", _("once")
    MONTH = "month", _("each month")
    QUARTER = "quarter", _("each quarter")
    YEAR = "year", _("each year")


LONGEST_TERM = 240  # months


class Product(models.Model):
    """A thing with a price; made by an admin or an import, chosen on the lines of a deal."""

    name = models.CharField(_("name"), max_length=200)
    sku = models.CharField(_("article number"), max_length=60, blank=True)
    price = models.DecimalField(
        _("price"),
        max_digits=18,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    billing = models.CharField(
        _("paid"),
        max_length=8,
        choices=Billing.choices,
        default=Billing.ONCE,
        help_text=_("The price is for one such period."),
    )
    term_months = models.PositiveSmallIntegerField(
        _("usual term, months"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TERM)],
        help_text=_("For what is paid again and again; a year where it is empty."),
    )
    tax = models.DecimalField(
        _("tax, per cent"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("On top of the price. Empty: the usual tax of quotes."),
    )
    category = models.CharField(_("category"), max_length=120, blank=True)
    is_active = models.BooleanField(_("offered"), default=True)
    external_system = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    class Sensitivity:
        """S1: the price."""

        S1 = ("price", "billing", "term_months", "tax")
        S0 = (
            "name",
            "sku",
            "currency",
            "category",
            "is_active",
            "external_system",
            "external_id",
            "created_at",
        )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["sku"], condition=~Q(sku=""), name="product_sku_once"),
            models.UniqueConstraint(
                F("external_system"),
                F("external_id"),
                condition=~Q(external_id=""),
                name="product_once_per_external_id",
            ),
        ]
        indexes = [models.Index(fields=["name"], name="product_by_name")]  # match on import

    def __str__(self) -> str:
        return self.name

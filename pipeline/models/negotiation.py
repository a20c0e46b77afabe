"""What is given away while a deal is talked about: concessions, offers, and how much is free to give."""

from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.models import Origin
from leadflow.offers.models import Offer
from leadflow.people.access import within
from leadflow.people.models import Role, User
from pipeline.models.deal import Deal
from pipeline.models.pipeline import Pipeline


class DiscountLimit(models.Model):
    """How much of a deal a role may give away in a pipeline (none: in each) before a manager has to agree.

    The narrower row holds; what no row names goes by `Organisation.free_discount`.
    """

    pipeline = models.ForeignKey(
        Pipeline, models.CASCADE, null=True, blank=True, related_name="limits"
    )
    role = models.CharField(max_length=8, choices=Role.choices)
    percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )

    class Sensitivity:
        """S1: what we would give."""

        S1 = ("percent",)
        S0 = ("pipeline", "role")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "role"], nulls_distinct=False, name="discount_limit_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.percent}"


class Given(models.TextChoices):
    """Where something that the customer wants stands."""

    ASKED = "asked", _("Asked for")
    WAITING = "waiting", _("Waits for approval")
    GIVEN = "given", _("Given")
    REFUSED = "refused", _("Not given")


def _on_deals_of(user: User, permission: str) -> models.Q:
    """On living deals that she reaches."""
    mine = within(user, permission, owner="deal__owner", team="deal__team")
    return mine & models.Q(deal__deleted_at=None)


class ConcessionQuerySet(models.QuerySet["Concession"]):
    """Concessions, asked in the words of the business."""

    def visible_to(self, user: User, permission: str = "deal.view") -> Self:
        """Those of living deals that she reaches. Every list starts here."""
        return self.filter(_on_deals_of(user, permission))


class DealOfferQuerySet(models.QuerySet["DealOffer"]):
    """Offers on deals, asked in the words of the business."""

    def visible_to(self, user: User, permission: str = "deal.view") -> Self:
        """Those of living deals that she reaches. Every list starts here."""
        return self.filter(_on_deals_of(user, permission))


class Concession(models.Model):
    """One point of a negotiation: what the customer asked, what we gave, what we got for it, what it is worth.

    Above the free discount it waits for a manager's yes (`pipeline.services.negotiating`).
    """

    class Subject(models.TextChoices):
        """What it is about; `price` is what the lines of the deal take off."""

        PRICE = "price", _("Price")
        PAYMENT = "payment", _("Payment")
        SCOPE = "scope", _("More for the same")
        DELIVERY = "delivery", _("Delivery")
        TERM = "term", _("Length or notice")
        OTHER = "other", _("Something else")

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="concessions")
    subject = models.CharField(_("about"), max_length=8, choices=Subject.choices)
    asked = models.CharField(_("what they ask"), max_length=300)
    given = models.CharField(_("what we give"), max_length=300, blank=True)
    got = models.CharField(_("what we get for it"), max_length=300, blank=True)
    worth = models.DecimalField(
        _("what it is worth"),
        max_digits=18,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    state = models.CharField(_("state"), max_length=8, choices=Given.choices, default=Given.ASKED)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = ConcessionQuerySet.as_manager()

    class Sensitivity:
        """S2: the words may name people; S1 what is given away."""

        S2 = ("asked", "given", "got")
        S1 = ("subject", "worth", "state")
        S0 = ("deal", "by", "at", "settled_at", "origin")

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.asked

    def get_absolute_url(self) -> str:
        return f"/deals/concessions/{self.pk}/"


class DealOffer(models.Model):
    """An offer used on a deal, with what it takes off; above the free discount, or after its end, it waits
    for a manager's yes. `code` is what the customer was given."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="offers")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="deals")
    worth = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    code = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=8, choices=Given.choices, default=Given.GIVEN)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = DealOfferQuerySet.as_manager()

    class Sensitivity:
        """S1: a code is worth money."""

        S1 = ("worth", "code", "state")
        S0 = ("deal", "offer", "by", "at", "origin")

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "offer"],
                condition=~models.Q(state="refused"),
                name="deal_offer_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.offer)

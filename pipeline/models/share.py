"""What sales gave a customer to read."""

from typing import Self

from django.db import models
from django.db.models import Q

from leadflow.assets.models import ContentItem, Grant, ShortLink
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from pipeline.models.deal import Deal


class ShareQuerySet(models.QuerySet["Share"]):
    """Shares, asked in the words of the business."""

    def visible_to(self, user: User, permission: str = "deal.view") -> Self:
        """Those on deals and people that she reaches. Every list starts here."""
        deals = Deal.objects.visible_to(user, permission)
        leads = Lead.objects.visible_to(user, permission)
        return self.filter(Q(deal__in=deals) | Q(lead__in=leads))


class Share(models.Model):
    """A piece of the library given to a customer, on a deal or before there is one, by a link that ends.

    The link is a short link to its address, or the permission to download its file.
    """

    # on what: one of the two
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, blank=True, related_name="shares")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="shares")

    item = models.ForeignKey(ContentItem, models.SET_NULL, null=True, related_name="shares")
    link = models.ForeignKey(ShortLink, models.SET_NULL, null=True, related_name="+")
    grant = models.ForeignKey(Grant, models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = ShareQuerySet.as_manager()

    class Sensitivity:
        """S0: that something was shared; the secret is in the link."""

        S0 = (
            "deal", "lead", "item", "link", "grant", "by", "at", "expires_at", "opened_at", "origin",
        )  # fmt: skip

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(deal=None, lead__isnull=False) | Q(deal__isnull=False, lead=None),
                name="share_on_one",
            )
        ]

    def __str__(self) -> str:
        return str(self.item)

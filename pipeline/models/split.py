"""How the credit for a deal is shared."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.people.models import Team, User
from pipeline.models.deal import Deal


class DealSplit(models.Model):
    """So many per cent of a deal are to one colleague's credit.

    Shares of revenue add up to exactly 100 or there are none, and then all of it is the owner's
    (`pipeline.services.splits`). An overlay is credit on top, for a specialist who helped.
    """

    class Kind(models.TextChoices):
        """Whether it takes part in the 100."""

        REVENUE = "revenue", _("Revenue")
        OVERLAY = "overlay", _("On top")

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="splits")
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    # hers when she got the share, as a deal keeps that of its owner: credit does not move with her
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.REVENUE)
    share = models.DecimalField(
        _("share"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
    )

    class Sensitivity:
        """S1: what somebody's commission is made of."""

        S1 = ("share",)
        S0 = ("deal", "user", "team", "kind")

    class Meta:
        ordering = ["-kind", "-share", "pk"]  # revenue before what is on top
        constraints = [
            models.UniqueConstraint(fields=["deal", "user", "kind"], name="split_once"),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=100), name="split_makes_sense"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share} % of deal {self.deal_id}"

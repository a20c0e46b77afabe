"""Offers: a reason to buy now, with a window, a code and a limit, and who was given one."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Lead, Origin


class Offer(models.Model):
    """A discount or a bonus that holds for a time; deals and mails name it, pages count it down.

    Whether it holds is a question of time (`holds_at`); `given` counts the people who got it, and never
    passes `most_uses`.
    """

    class Kind(models.TextChoices):
        PERCENT = "percent", _("Percent off")
        AMOUNT = "amount", _("Amount off")
        BONUS = "bonus", _("A bonus")

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.PERCENT)
    value = models.DecimalField(
        _("percent or amount"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    text = models.CharField(_("in words"), max_length=200, blank=True)
    code = models.CharField(_("code"), max_length=40, blank=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    most_uses = models.PositiveIntegerField(
        _("at most so often"), null=True, blank=True, help_text=_("Empty means no limit.")
    )
    has_own_codes = models.BooleanField(
        _("a code of their own for each person"),
        default=False,
        help_text=_(
            "Begins with the code above; a shared code can be passed on, this one names who got it."
        ),
    )
    given = models.PositiveIntegerField(default=0, editable=False)  # kept under the row's lock
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="offer_code_once"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(starts_at=None) | Q(ends_at__gt=F("starts_at")),
                name="offer_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(kind="percent") | Q(value__gt=0, value__lte=100),
                name="offer_percent_in_range",
            ),
        ]
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/offers/{self.pk}/"

    @property
    def left(self) -> int | None:
        """How many can still be given; None without a limit."""
        return None if self.most_uses is None else max(self.most_uses - self.given, 0)

    def can_come(self, at: datetime) -> bool:
        """Whether somebody can still be given it, now or once it begins."""
        return (
            not self.is_archived and self.left != 0 and (self.ends_at is None or at < self.ends_at)
        )

    def holds_at(self, at: datetime) -> bool:
        """Whether it may be used at that moment."""
        begun = self.starts_at is None or self.starts_at <= at
        return begun and (self.ends_at is None or at < self.ends_at) and not self.is_archived


class OfferGrant(models.Model):
    """One person was given an offer; asking again gives the same one.

    `own_code` is hers alone where the offer has codes of their own. `key` says what she got it by.
    """

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="grants", db_index=False)
    lead = models.ForeignKey(
        Lead, models.SET_NULL, null=True, blank=True, related_name="offers_given"
    )
    own_code = models.CharField(max_length=60, blank=True)
    key = models.CharField(max_length=60)
    given_at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S1: a code is worth money."""

        S1 = ("own_code",)
        S0 = ("offer", "lead", "key", "given_at", "origin")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offer", "lead"], name="offer_once_a_lead"),
            models.UniqueConstraint(
                fields=["own_code"], condition=~Q(own_code=""), name="offer_own_code_once"
            ),
        ]
        # who got it, newest first
        indexes = [models.Index(fields=["offer", "-given_at", "-id"], name="grants_of_offer")]

    def __str__(self) -> str:
        return f"{self.offer}: {self.code}"

    @property
    def code(self) -> str:
        """What she says or types in to use it."""
        return self.own_code or self.offer.code

"""Offers: a reason to buy now, with a window, a code and a limit."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Offer(models.Model):
    """A discount or a bonus that holds for a time; deals and mails name it, pages count it down.

    Whether it holds is a question of time (`holds_at`); how often it was used counts with the deals.
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

    def holds_at(self, at: datetime) -> bool:
        """Whether it may be used at that moment."""
        begun = self.starts_at is None or self.starts_at <= at
        return begun and (self.ends_at is None or at < self.ends_at) and not self.is_archived

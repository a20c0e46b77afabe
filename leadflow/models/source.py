"""Where leads come from, and what that costs."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import Channel, Direction, FunnelPosition
from leadflow.models.organisation import currency_code
from leadflow.people.models import User


class Source(models.Model):
    """A place that leads come from, as the organisation names it; edited in Settings."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    channel = models.CharField(
        _("channel"), max_length=20, choices=Channel.choices, default=Channel.OTHER
    )
    direction = models.CharField(
        _("direction"), max_length=10, choices=Direction.choices, default=Direction.INBOUND
    )
    is_free = models.BooleanField(
        _("costs nothing"),
        default=False,
        help_text=_("A free source shows “free” where others show cost per lead."),
    )
    is_archived = models.BooleanField(_("archived"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """A marketing effort with a goal, dates and a budget, that forms, mails and spend belong to."""

    name = models.CharField(_("name"), max_length=160, unique=True)
    goal = models.TextField(_("goal"), blank=True)
    channel = models.CharField(
        _("channel"), max_length=20, choices=Channel.choices, default=Channel.OTHER
    )
    funnel_position = models.CharField(
        _("funnel position"), max_length=5, choices=FunnelPosition.choices, blank=True
    )
    starts_on = models.DateField(_("starts"), null=True, blank=True)
    ends_on = models.DateField(_("ends"), null=True, blank=True)
    budget = models.DecimalField(
        _("budget"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    is_archived = models.BooleanField(_("archived"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SpendEntry(models.Model):
    """Money spent on a source in whole days, both ends included; typed in or imported.

    `rate` is what one unit of `currency` was worth in the base currency when it was entered; a row
    without a rate is left out of sums and counted aloud.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="spend")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="spend"
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    rate = models.DecimalField(max_digits=18, decimal_places=8, null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="spend_not_negative"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="spend_ends_after_start",
            ),
        ]
        # serves the sums by source over a range of days
        indexes = [models.Index(fields=["source", "starts_on"], name="spend_by_source")]
        ordering = ["-starts_on", "source__name"]

    def __str__(self) -> str:
        return f"{self.source}: {self.amount} {self.currency}"

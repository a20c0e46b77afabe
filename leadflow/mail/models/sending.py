"""What holds sending within bounds: the pause of a sender, limits of pace, keys that sign."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadflow.people.models import User


class SenderGuard(models.Model):
    """How one sending address stands with its receivers: whether marketing from it is paused, and why.

    Made by `leadflow.mail.guarding` when complaints or bounces come; a person resumes it.
    """

    from_address = models.CharField(max_length=254, unique=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    counts_from = models.DateTimeField(
        null=True, blank=True
    )  # what went before is no longer counted
    checked_at = models.DateTimeField(null=True, blank=True)
    resumed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Sensitivity:
        """S2: an address."""

        S2 = ("from_address",)
        S0 = ("paused_at", "warned_at", "reason", "counts_from", "checked_at", "resumed_by")

    class Meta:
        indexes = [
            models.Index(
                fields=["from_address"], condition=Q(paused_at__isnull=False), name="sender_paused"
            )
        ]

    def __str__(self) -> str:
        return self.from_address


class MailHold(models.Model):
    """Mail that may not begin for now, by what it belongs to: a campaign ("sequence-7", as its header says)
    or all whose keys begin so ("enrolment:12"). Made and taken away by `leadflow.mail.holding`."""

    name = models.CharField(max_length=80, unique=True)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Sensitivity:
        """S0: what somebody paused."""

        S0 = ("name", "reason", "at")

    def __str__(self) -> str:
        return self.name


class SendingLimit(models.Model):
    """At most so many messages in a span of time: to one receiving domain, or by one way out.

    One that warms up begins with `first` a day and grows by half each day until `most`: receivers trust a
    new server or domain little by little.
    """

    class Scope(models.TextChoices):
        DOMAIN = "domain", _("To a receiving domain")
        WAY = "way", _("By a way out")

    class Span(models.IntegerChoices):
        MINUTE = 60, _("a minute")
        HOUR = 3_600, _("an hour")
        DAY = 86_400, _("a day")

    scope = models.CharField(_("what is limited"), max_length=6, choices=Scope.choices)
    name = models.CharField(_("domain or way out"), max_length=253)
    most = models.PositiveIntegerField(_("at most"))
    span = models.PositiveIntegerField(_("within"), choices=Span.choices, default=Span.HOUR)
    first = models.PositiveIntegerField(_("on the first day"), null=True, blank=True)
    warms_since = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "name", "span"], name="one_limit"),
            models.CheckConstraint(
                condition=Q(first=None, warms_since=None)
                | Q(first__gt=0, first__lt=F("most"), warms_since__isnull=False, span=86_400),
                name="limit_warms_by_the_day",
            ),
            models.CheckConstraint(condition=Q(most__gt=0), name="limit_is_positive"),
        ]
        ordering = ["scope", "name", "span"]

    def __str__(self) -> str:
        return f"{self.name}: {self.most} / {self.span} s"

    @property
    def plan(self) -> list[int]:
        """How many on each day of the warm-up, the last one the limit itself; nothing without one."""
        if self.first is None:
            return []
        days = [self.first]
        while days[-1] < self.most:
            days.append(min(self.most, max(days[-1] + 1, days[-1] * 3 // 2)))
        return days

    def day_on(self, on: date) -> int:
        """Which day of the warm-up that is, the first one 1; 0 without one."""
        return (on - self.warms_since).days + 1 if self.warms_since else 0

    def most_on(self, on: date) -> int:
        """How many that day."""
        plan = self.plan
        return plan[min(max(self.day_on(on), 1), len(plan)) - 1] if plan else self.most


class SigningKey(models.Model):
    """A key that signs the mail of a domain (DKIM, RFC 6376). The private half is sealed and never shown.

    Made in the product; it signs from the moment that somebody turns it on, once its record is in DNS.
    """

    domain = models.CharField(max_length=253, unique=True)
    selector = models.CharField(max_length=63)
    private_key = models.TextField()  # sealed
    public_key = models.TextField()  # as it stands in DNS
    is_on = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Sensitivity:
        """S3: the private half."""

        S3 = ("private_key",)
        S0 = ("domain", "selector", "public_key", "is_on", "created_at")

    def __str__(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


class DomainStanding(models.Model):
    """What DNS said when the domain of a sender was looked at last: one verdict for each thing."""

    domain = models.CharField(max_length=253, unique=True)
    verdicts = models.JSONField(default=list)
    checked_at = models.DateTimeField()

    class Sensitivity:
        """S0: what everybody can read in DNS."""

        S0 = ("domain", "verdicts", "checked_at")

    def __str__(self) -> str:
        return self.domain

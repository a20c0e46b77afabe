"""What people did: append-only facts, and the decayed sums that follow from them."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import Channel, Origin
from leadflow.models.company import Company
from leadflow.models.lead import Lead
from leadflow.models.source import Campaign, Source

INTENT = "intent.reported"  # the kind of what a provider tells of a person's interest elsewhere


class Engagement(models.Model):
    """One thing that a lead did: a page seen, a mail clicked, a form sent. Never changed.

    `actor_class` says whether a human or a machine did it; scores count humans only. What another
    firm tells of her behaviour elsewhere names that `provider`, and how sure it is from 0 to 1.
    """

    class Actor(models.TextChoices):
        HUMAN = "human", _("human")
        UNKNOWN = "unknown", _("unknown")
        MACHINE = "machine", _("machine")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="engagements")
    kind = models.CharField(
        max_length=40
    )  # page.viewed, mail.opened, mail.clicked, form.submitted …
    topic = models.CharField(max_length=80, blank=True)
    label = models.CharField(max_length=200, blank=True)
    actor_class = models.CharField(max_length=8, choices=Actor.choices, default=Actor.HUMAN)
    source_type = models.CharField(max_length=40)
    source_id = models.CharField(max_length=80)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    provider = models.CharField(max_length=60, blank=True, default="", db_default="")
    confidence = models.FloatField(null=True, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S2: what she looked at, S1: its worth."""

        S2 = ("topic", "label")
        S1 = ("value",)
        S0 = (
            "lead",
            "kind",
            "actor_class",
            "source_type",
            "source_id",
            "provider",
            "confidence",
            "occurred_at",
            "recorded_at",
            "origin",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "kind", "source_type", "source_id"], name="engagement_once"
            )
        ]
        indexes = [
            models.Index(fields=["lead", "kind", "-occurred_at"], name="engagement_of_lead"),
            BrinIndex(fields=["occurred_at"], name="engagement_time"),
            # forms that known people left (missed opportunities); few rows are of this kind
            models.Index(
                fields=["occurred_at"], condition=Q(kind="form.started"), name="engagement_begun"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.label}".strip()


class CompanySignal(models.Model):
    """What another firm says about a company as a whole: somebody there looks for something.

    Nobody knows who, so it is no fact about any of its people: no score, no segment and no sequence
    of a person reads it. It stands on the company's page.
    """

    company = models.ForeignKey(Company, models.CASCADE, related_name="signals")
    kind = models.CharField(max_length=40)
    topic = models.CharField(max_length=80, blank=True)
    label = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=60, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    source_type = models.CharField(max_length=40)
    source_id = models.CharField(max_length=80)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S1: its worth. A company is not a person."""

        S1 = ("value",)
        S0 = (
            "company",
            "kind",
            "topic",
            "label",
            "provider",
            "confidence",
            "source_type",
            "source_id",
            "occurred_at",
            "recorded_at",
            "origin",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "kind", "source_type", "source_id"], name="company_signal_once"
            )
        ]
        indexes = [
            # the newest on the page of a company
            models.Index(fields=["company", "-occurred_at"], name="signal_of_company")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.topic}".strip()


class EngagementSum(models.Model):
    """The running sum of one rule group for one lead with forward decay (performance 2.6).

    `total` is the sum of points * 2^((occurred - epoch) / half_life); the score at t is
    total * 2^-((t - epoch) / half_life). A projection: `recompute --check` compares it with the facts.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="engagement_sums")
    group = models.CharField(max_length=60)
    half_life_days = models.FloatField()
    total = models.FloatField(default=0)
    counts = models.JSONField(default=dict)

    class Sensitivity:
        """S0: where a lead stands and when; the person is behind the key."""

        S0 = ("lead", "group", "half_life_days", "total", "counts")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "group", "half_life_days"], name="one_sum_per_group"
            )
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.total}"


class Touchpoint(models.Model):
    """A marketing touch: how somebody came to us this time. Append-only; attribution reads it."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="touchpoints")
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+")
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=20, choices=Channel.choices, default=Channel.OTHER)
    utm = models.JSONField(default=dict, blank=True)
    referrer = models.CharField(max_length=500, blank=True)
    landing = models.CharField(max_length=500, blank=True)
    label = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S2: where a person had been."""

        S2 = ("referrer", "landing", "utm")
        S0 = ("lead", "source", "campaign", "channel", "label", "occurred_at", "origin")

    class Meta:
        indexes = [models.Index(fields=["lead", "occurred_at"], name="touchpoint_of_lead")]

    def __str__(self) -> str:
        return self.label or self.channel

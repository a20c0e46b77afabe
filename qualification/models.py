"""What we learned about a lead in talks: budget, authority, need and timing."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.models import Lead, LeadCycle
from leadflow.people.models import User


class Budget(models.TextChoices):
    """What is known of her money."""

    UNKNOWN = "unknown", _("Not known")
    NONE = "none", _("None")
    EXPLORING = "exploring", _("Exploring")
    PLANNED = "planned", _("Planned")
    APPROVED = "approved", _("Approved")
    ALLOCATED = "allocated", _("Allocated")


class Authority(models.TextChoices):
    """What she may decide."""

    UNKNOWN = "unknown", _("Not known")
    USER = "user", _("User")
    INFLUENCER = "influencer", _("Influencer")
    CHAMPION = "champion", _("Champion")
    EVALUATOR = "evaluator", _("Evaluator")
    ECONOMIC_BUYER = "economic_buyer", _("Economic buyer")
    DECISION_MAKER = "decision_maker", _("Decision maker")
    PROCUREMENT = "procurement", _("Procurement or legal")
    BLOCKER = "blocker", _("Blocker")


class Need(models.TextChoices):
    """How much she wants it solved."""

    UNKNOWN = "unknown", _("Not known")
    NONE = "none", _("None")
    LATENT = "latent", _("Latent")
    RECOGNISED = "recognised", _("Recognised")
    URGENT = "urgent", _("Urgent")


class Timing(models.TextChoices):
    """When she wants to buy."""

    UNKNOWN = "unknown", _("Not known")
    NO_PLAN = "no_plan", _("No plan")
    OVER_YEAR = "over_year", _("In more than a year")
    HALF_YEAR = "half_year", _("In 6 to 12 months")
    QUARTER = "quarter", _("In 3 to 6 months")
    SOON = "soon", _("In 1 to 3 months")
    NOW = "now", _("In less than a month")


class Letter(models.TextChoices):
    """The four letters, in the order in which they are spoken."""

    BUDGET = "budget", _("Budget")
    AUTHORITY = "authority", _("Authority")
    NEED = "need", _("Need")
    TIMING = "timing", _("Timing")


VALUES: dict[str, type[models.TextChoices]] = {
    Letter.BUDGET: Budget,
    Letter.AUTHORITY: Authority,
    Letter.NEED: Need,
    Letter.TIMING: Timing,
}


class BantAnswer(models.Model):
    """One letter of a lead in one cycle: its value, how sure, from where; history in FieldChange.

    Unknown is a value and is not "no". A form may say it (confidence low), a rep confirms it.
    """

    class Confidence(models.TextChoices):
        LOW = "low", _("Their own answer")
        HIGH = "high", _("Confirmed in a talk")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="bant_answers")
    cycle = models.ForeignKey(LeadCycle, models.CASCADE, related_name="bant_answers")
    letter = models.CharField(max_length=10, choices=Letter.choices)
    value = models.CharField(max_length=20, default="unknown")
    confidence = models.CharField(max_length=4, choices=Confidence.choices, default=Confidence.HIGH)
    detail = models.CharField(_("what exactly"), max_length=300, blank=True)
    amount_min = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    amount_max = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    target_on = models.DateField(null=True, blank=True)
    evidence = models.CharField(max_length=60, blank=True)  # "activity:12", "submission:9"
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Sensitivity:
        """S2: what she told us; S1: her money."""

        S2 = ("detail", "evidence")
        S1 = ("value", "amount_min", "amount_max", "currency", "target_on")
        S0 = ("lead", "cycle", "letter", "confidence", "by", "at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "letter"], name="one_answer_per_letter")
        ]
        indexes = [models.Index(fields=["lead"], name="bant_of_lead")]

    def __str__(self) -> str:
        return f"{self.letter} of lead {self.lead_id}: {self.value}"

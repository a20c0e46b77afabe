"""What other firms say about the fields of people and companies, each value with where it comes from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import Origin
from leadflow.models.company import Company
from leadflow.models.lead import Lead
from leadflow.people.models import User


class ProvidedValue(models.Model):
    """The last word of one provider about one field of a lead or a company.

    A blank field was filled with it; where we know something else it is a proposal, which a person
    takes over or dismisses. Nothing that is known is ever overwritten by it. A value that was filled in
    and taken out again is dismissed too. Providers are firms by their name, or adapters of ours by key.
    """

    class State(models.TextChoices):
        FILLED = "filled", _("Filled in")
        PROPOSED = "proposed", _("Proposed")
        TAKEN = "taken", _("Taken over")
        DISMISSED = "dismissed", _("Dismissed")

    class Basis(models.TextChoices):
        """What one of our own adapters read the value from."""

        PHONE = "phone", _("phone prefix")
        ENDING = "ending", _("ending of the domain")
        DOMAIN = "domain", _("domain of the address")
        ADDRESS = "address", _("email address")
        COMPANY = "company", _("country of the company")

    lead = models.ForeignKey(
        Lead, models.CASCADE, null=True, blank=True, related_name="provided_values"
    )
    company = models.ForeignKey(
        Company, models.CASCADE, null=True, blank=True, related_name="provided_values"
    )
    field = models.CharField(max_length=80)
    value = models.JSONField()
    provider = models.CharField(max_length=60)
    confidence = models.FloatField(null=True, blank=True)
    basis = models.CharField(
        max_length=10, choices=Basis.choices, blank=True, default="", db_default=""
    )
    state = models.CharField(max_length=9, choices=State.choices)
    received_at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    # who decided about a proposal
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Sensitivity:
        """S2: what is said about a person."""

        S2 = ("value",)
        S0 = (
            "lead", "company", "field", "provider", "confidence", "basis", "state", "received_at",
            "origin", "decided_by", "decided_at",
        )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "field", "provider"],
                condition=Q(lead__isnull=False),
                name="provided_once_for_lead",
            ),
            models.UniqueConstraint(
                fields=["company", "field", "provider"],
                condition=Q(company__isnull=False),
                name="provided_once_for_company",
            ),
            models.CheckConstraint(
                condition=Q(lead=None) ^ Q(company=None), name="provided_about_one"
            ),
        ]
        # what a provider said lately
        indexes = [models.Index(fields=["provider", "-received_at"], name="provided_lately")]

    def __str__(self) -> str:
        return f"{self.provider}: {self.field}"

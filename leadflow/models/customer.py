"""Who bought."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import Origin
from leadflow.models.company import Company
from leadflow.models.lead import Lead


class Customer(models.Model):
    """A company or a person with a won deal; started by winning, churned is a flag."""

    company = models.OneToOneField(
        Company, models.PROTECT, null=True, blank=True, related_name="customer"
    )
    lead = models.OneToOneField(
        Lead, models.PROTECT, null=True, blank=True, related_name="customer"
    )
    started_at = models.DateTimeField(_("customer since"))
    won_by = models.CharField(max_length=60, blank=True)  # "deal:12", the first win
    churned_at = models.DateTimeField(_("left"), null=True, blank=True)
    churn_reason = models.CharField(_("why it left"), max_length=200, blank=True, db_default="")
    reverted_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S0: where a lead stands and when; the person is behind the key."""

        S0 = ("company", "lead", "started_at", "won_by", "churned_at", "reverted_at", "origin")
        S1 = ("churn_reason",)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(company__isnull=False) | Q(lead__isnull=False),
                name="customer_is_somebody",
            )
        ]
        # customers won in a window
        indexes = [models.Index(fields=["started_at"], name="customer_started")]

    def __str__(self) -> str:
        return str(self.company or self.lead)

    def get_absolute_url(self) -> str:
        return f"/customers/{self.pk}/"

    @property
    def ref(self) -> str:
        """How activities and notes name this customer."""
        return f"customer:{self.pk}"

    @property
    def who(self) -> Company | Lead:
        """The company, or the person without one."""
        found = self.company or self.lead
        if found is None:
            raise ValueError(self.pk)
        return found

"""That a lead became a deal."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.models import Company, Lead, LeadCycle
from leadflow.people.models import User
from pipeline.models.deal import Deal


class Conversion(models.Model):
    """One walk of a lead through the lifecycle ended in a deal, or in a company alone.

    One row per cycle: converting the same cycle again gives back this row and makes nothing.
    """

    cycle = models.OneToOneField(LeadCycle, models.PROTECT, related_name="conversion")
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="conversions")
    company = models.ForeignKey(Company, models.SET_NULL, null=True, related_name="+")
    deal = models.ForeignKey(Deal, models.SET_NULL, null=True, related_name="conversions")
    made_company = models.BooleanField(_("made the company"), default=False)
    made_deal = models.BooleanField(_("opened the deal"), default=False)
    stage_before = models.CharField(max_length=12)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Sensitivity:
        """S0: where a lead stands and when; the person is behind the key."""

        S0 = (
            "cycle",
            "lead",
            "company",
            "deal",
            "made_company",
            "made_deal",
            "stage_before",
            "by",
            "at",
        )

    class Meta:
        indexes = [models.Index(fields=["lead", "-at"], name="conversion_of_lead")]

    def __str__(self) -> str:
        return f"conversion of lead {self.lead_id}"

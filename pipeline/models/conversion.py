"""That a lead became a deal."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Company, Lead, LeadCycle
from leadflow.people.models import User
from pipeline.models.deal import Deal


class Conversion(models.Model):
    """One walk of a lead through the lifecycle ended in a deal, or in a company alone.

    One standing row per cycle: converting the same cycle again gives back this row and makes nothing.
    One that was taken back stays as a row, and its cycle may be converted anew.
    """

    cycle = models.ForeignKey(LeadCycle, models.PROTECT, related_name="conversions")
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="conversions")
    company = models.ForeignKey(Company, models.SET_NULL, null=True, related_name="+")
    deal = models.ForeignKey(Deal, models.SET_NULL, null=True, related_name="conversions")
    made_company = models.BooleanField(_("made the company"), default=False)
    made_deal = models.BooleanField(_("opened the deal"), default=False)
    stage_before = models.CharField(max_length=12)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    # how it is taken back: of lead, cycle and deal what each column was and what it became, and the
    # activities that it linked; empty for a conversion of before this was written down
    changed = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

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
            "changed",
            "undone_at",
            "undone_by",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cycle"], condition=Q(undone_at=None), name="conversion_once_per_cycle"
            )
        ]
        indexes = [models.Index(fields=["lead", "-at"], name="conversion_of_lead")]

    def __str__(self) -> str:
        return f"conversion of lead {self.lead_id}"

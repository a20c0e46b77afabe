"""What is to be found out about a lead or a company before somebody calls, and what was."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import Origin
from leadflow.models.company import Company
from leadflow.models.lead import Lead
from leadflow.people.models import User


class ResearchItem(models.Model):
    """A line of the research checklist of leads, or of companies; an admin keeps the list."""

    class Subject(models.TextChoices):
        LEAD = "lead", _("Lead")
        COMPANY = "company", _("Company")

    subject = models.CharField(_("about"), max_length=7, choices=Subject.choices)
    label = models.CharField(_("what to find out"), max_length=120)
    hint = models.CharField(
        _("where to look"),
        max_length=200,
        blank=True,
        help_text=_("Stands below the line for whoever does it for the first time."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering = ["subject", "position", "label", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "label"],
                name="research_item_once",
                violation_error_message=_("The list has this line already."),
            )
        ]

    def __str__(self) -> str:
        return self.label


class ResearchCheck(models.Model):
    """A line of the checklist was found out about one lead or company: by whom, when, and what."""

    item = models.ForeignKey(ResearchItem, models.PROTECT, related_name="checks")
    # about whom: one of the two
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="research")
    company = models.ForeignKey(
        Company, models.CASCADE, null=True, blank=True, related_name="research"
    )
    note = models.CharField(_("what you found"), max_length=300, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S2: free words about a person."""

        S2 = ("note",)
        S0 = ("item", "lead", "company", "by", "at", "origin")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lead=None, company__isnull=False) | Q(lead__isnull=False, company=None),
                name="research_about_one",
            ),
            models.UniqueConstraint(fields=["item", "lead"], name="research_of_lead_once"),
            models.UniqueConstraint(fields=["item", "company"], name="research_of_company_once"),
        ]

    def __str__(self) -> str:
        return str(self.item)

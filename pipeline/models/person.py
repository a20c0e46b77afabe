"""Who takes part in a deal on the buyer's side, and as what."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.models import BuyingRole, Lead, Origin
from leadflow.people.models import User
from pipeline.models.deal import Deal


class DealPerson(models.Model):
    """A person has a role in a deal, one in each; a rep says so. Past roles stand in the event log."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="people")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="buying_roles")
    role = models.CharField(_("role"), max_length=15, choices=BuyingRole.choices)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S2: what somebody thinks of a person's say in her company."""

        S2 = ("role",)
        S0 = ("deal", "lead", "by", "at", "origin")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deal", "lead"], name="deal_person_once"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of deal {self.deal_id}"

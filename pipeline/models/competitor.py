"""Whom we meet when we sell: a list that is kept, and where each stands in a deal."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from leadflow.models import Origin
from leadflow.people.models import User
from pipeline.models.deal import Deal


class Competitor(models.Model):
    """Somebody who sells what we sell. An admin keeps the list; a name that a deal is lost to joins it."""

    name = models.CharField(_("name"), max_length=120)
    url = models.URLField(_("website"), max_length=300, blank=True)
    words = models.TextField(
        _("how we win against them"),
        max_length=2_000,
        blank=True,
        help_text=_("Shown on every deal in which they take part."),
    )
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="competitor_once",
                violation_error_message=_("This competitor is in the list already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class DealCompetitor(models.Model):
    """A competitor takes part in a deal: as a rep says, or because the deal was lost to them."""

    class State(models.TextChoices):
        """Where they stand; at most one has won a deal."""

        RUNNING = "running", _("In the race")
        OUT = "out", _("Out of the race")
        WON = "won", _("Won it")

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="rivals")
    competitor = models.ForeignKey(Competitor, models.PROTECT, related_name="deals")
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.RUNNING)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["deal", "competitor"], name="rival_once"),
            models.UniqueConstraint(
                fields=["deal"], condition=Q(state="won"), name="one_rival_won"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competitor} in deal {self.deal_id}"

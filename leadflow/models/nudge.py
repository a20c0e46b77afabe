"""What wants an answer from the owner of a lead, and what a person has put off."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import Origin
from leadflow.models.lead import Lead
from leadflow.people.models import User


class Nudge(models.Model):
    """Something that a lead did and that her owner should answer now: she replied, she heated up.

    Made from facts by `leadflow.services.nudges`, at most one open of a kind per lead; settled by the
    next real touch, or by hand. My day reads the open ones.
    """

    class Kind(models.TextChoices):
        REPLIED = "replied", _("Replied")
        HEATED_UP = "heated_up", _("Heated up")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="nudges")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    event_id = models.BigIntegerField()  # the fact behind it
    words = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S2: what she wrote or did, in a few words."""

        S2 = ("words",)
        S0 = ("lead", "kind", "event_id", "at", "settled_at", "origin")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_id", "kind"], name="nudge_once_per_fact"),
            models.UniqueConstraint(
                fields=["lead", "kind"], condition=Q(settled_at=None), name="one_open_nudge"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of lead {self.lead_id}"


class Snooze(models.Model):
    """A row of somebody's queue that she does not want to see before `until`.

    `key` names the row ("idle:12", "nudge:7"). Planned work is not put off here: its due time moves.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="snoozes")
    key = models.CharField(max_length=60)
    until = models.DateTimeField()

    class Sensitivity:
        """S0: a row of a list and a time."""

        S0 = ("user", "key", "until")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="snooze_once")]

    def __str__(self) -> str:
        return f"{self.key} until {self.until:%Y-%m-%d %H:%M}"

"""What people keep at the top of the story of a lead."""

from django.db import models

from leadflow.models.lead import Lead
from leadflow.people.models import User


class Pin(models.Model):
    """An entry of her story that stays in sight: a note, a mail or a call that matters now.

    `event_id` is the fact; the log has no foreign keys, so that it never stands in anybody's way.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="pins")
    event_id = models.BigIntegerField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Sensitivity:
        """S0: that something is kept in sight; what it says is in the fact."""

        S0 = ("lead", "event_id", "by", "at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "event_id"], name="pinned_once")]

    def __str__(self) -> str:
        return f"{self.event_id} of {self.lead_id}"

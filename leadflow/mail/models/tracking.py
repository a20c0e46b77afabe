"""What was asked of the doors of a mail, before anybody says whether a person did it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.mail.models.outgoing import Delivery, TrackedLink
from leadflow.models import Engagement


class Hit(models.Model):
    """One request for the picture, a link, or the trap of one message, with what is thought of it.

    Made by `leadflow.mail.engagement`, at most twenty for one link. The verdict is judged anew with each
    hit that follows: what a scanner did first is known by what it did next.
    """

    class Kind(models.TextChoices):
        OPEN = "open", _("opened")
        CLICK = "click", _("clicked")
        TRAP = "trap", _("followed what no person sees")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="hits")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    link = models.ForeignKey(TrackedLink, models.CASCADE, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    method = models.CharField(max_length=8)
    agent = models.CharField(max_length=200, blank=True)
    network = models.CharField(max_length=45, blank=True)  # cut down, as kit.networks does
    verdict = models.CharField(max_length=8, choices=Engagement.Actor.choices)
    why = models.CharField(max_length=20, blank=True)

    class Sensitivity:
        """S2: from where, and with what."""

        S2 = ("agent", "network")
        S0 = ("delivery", "kind", "link", "at", "method", "verdict", "why")

    class Meta:
        indexes = [
            # the tick: clicks about which nothing is certain yet
            models.Index(
                fields=["at"], condition=Q(kind="click", verdict="unknown"), name="hit_in_doubt"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.verdict}"

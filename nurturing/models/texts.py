"""Text messages: what steps wrote to people's phones, and what became of each."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.models import ContactChannel, Lead, Origin
from leadflow.people.models import User


class TextMessageQuerySet(models.QuerySet["TextMessage"]):
    """Text messages, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Those to leads that she may see."""
        return self.filter(lead__in=Lead.objects.visible_to(user).values("pk"))

    def waiting(self) -> Self:
        """Not begun yet."""
        return self.filter(state=TextMessage.State.WAITING)


class TextMessage(models.Model):
    """One text message to one person; made by a step, moved by `nurturing.services.texting` alone.

    It goes at most once: one whose carrier did not answer, or whose process ended, is uncertain and is
    not sent again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        KEPT = "kept", _("Kept here")
        FAILED = "failed", _("Refused")
        SKIPPED = "skipped", _("Not sent")
        UNCERTAIN = "uncertain", _("Uncertain")

    class Channel(models.TextChoices):
        """By which way it reaches a phone; each is agreed to on its own."""

        SMS = ContactChannel.SMS.value, ContactChannel.SMS.label

    # which step wrote it, and which occurrence of it: asked twice it is written once
    key = models.CharField(max_length=120, unique=True)
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.SMS)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="+")
    to = models.CharField(_("number"), max_length=20)
    words = models.CharField(max_length=500)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    # where it stands; `due_at` is business time, the others are the database's clock
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    carrier = models.CharField(max_length=40, blank=True)
    carrier_id = models.CharField(max_length=120, blank=True)

    objects = TextMessageQuerySet.as_manager()

    class Sensitivity:
        """S2: who was written to, and what."""

        S2 = ("to", "words", "reason", "carrier_id")
        S0 = (
            "key",
            "channel",
            "lead",
            "origin",
            "state",
            "due_at",
            "began_at",
            "settled_at",
            "carrier",
        )

    class Meta:
        indexes = [
            # the tick
            models.Index(
                fields=["due_at"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="text_due",
            )
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.to}: {self.state}"

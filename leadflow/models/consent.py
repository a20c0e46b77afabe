"""What a person agreed to, with its proof, and the rows that stop mail."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import ContactChannel
from leadflow.models.lead import Lead
from leadflow.people.models import User


class Consent(models.Model):
    """One statement of consent or its withdrawal; append-only, triggers forbid to change it or take it out.

    The newest row of (lead, channel, purpose) is in force.
    """

    class State(models.TextChoices):
        GIVEN = "given", _("Given")
        PENDING = "pending", _("Waiting for confirmation")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Basis(models.TextChoices):
        CONSENT = "consent", _("Consent")
        CONTRACT = "contract", _("Contract")
        INTEREST = "legitimate_interest", _("Legitimate interest")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="consents")
    channel = models.CharField(_("channel"), max_length=10, choices=ContactChannel.choices)
    purpose = models.CharField(_("purpose"), max_length=60, default="marketing")
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    basis = models.CharField(
        _("lawful basis"), max_length=20, choices=Basis.choices, default=Basis.CONSENT
    )

    # the proof
    text = models.TextField(blank=True)
    text_version = models.CharField(max_length=60, blank=True)
    text_hash = models.CharField(max_length=64, blank=True)
    method = models.CharField(max_length=40, blank=True)
    url = models.CharField(max_length=500, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    source = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Sensitivity:
        """S2: an address and what a person said."""

        S2 = ("ip", "text", "url", "method", "source")
        S0 = (
            "lead",
            "channel",
            "purpose",
            "state",
            "basis",
            "text_version",
            "text_hash",
            "by",
            "at",
        )

    class Meta:
        # the consent in force
        indexes = [
            models.Index(fields=["lead", "channel", "purpose", "-at"], name="consent_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.purpose}: {self.state}"


class Address(models.Model):
    """One row per normalised e-mail address: the lock that serialises sending and opting out.

    `begin` of the sender takes it FOR SHARE, every opt-out, suppression and erasure FOR UPDATE.
    """

    email_norm = models.CharField(max_length=254, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Sensitivity:
        """S2: an address."""

        S2 = ("email_norm",)
        S0 = ("created_at",)

    def __str__(self) -> str:
        return self.email_norm


class Suppression(models.Model):
    """Why an address gets no mail of a purpose (empty purpose: none at all but the essential).

    Kept by keyed hash, so it outlives the erasure of the person.
    """

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        HARD_BOUNCE = "hard_bounce", _("The address does not exist")
        COMPLAINT = "complaint", _("Complained")
        ERASED = "erased", _("Erased")
        BLOCKED = "blocked", _("Blocked by us")

    email_hash = models.CharField(max_length=64)
    purpose = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=14, choices=Reason.choices)
    detail = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email_hash", "purpose", "reason"],
                condition=Q(lifted_at=None),
                name="suppression_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.purpose}".strip()

    @property
    def can_be_lifted(self) -> bool:
        """Whether an admin may take it back; a complaint and an erasure stand for good."""
        return self.reason not in {self.Reason.COMPLAINT, self.Reason.ERASED}

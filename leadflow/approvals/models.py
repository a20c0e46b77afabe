"""Requests for a yes: who asks for what, above which limit, and what was decided."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Origin
from leadflow.people.access import within
from leadflow.people.models import Team, User


class ApprovalQuerySet(models.QuerySet["Approval"]):
    """Approvals, asked in the words of the business."""

    def visible_to(self, user: User, permission: str = "approval.view") -> Self:
        """Those on records that her role reaches, and what she asked for herself."""
        # `within` is empty for who reaches all, and an empty Q beside another says nothing
        reached = self.filter(within(user, permission)).values("pk")
        return self.filter(Q(pk__in=reached) | Q(asked_by=user) | Q(decider=user))

    def decidable_by(self, user: User) -> Self:
        """Those that her role may decide, and that are not for somebody else to decide."""
        reached = self.filter(within(user, "approval.decide"))
        return reached if user.is_admin else reached.filter(Q(decider=None) | Q(decider=user))

    def waiting(self, at: datetime) -> Self:
        """Asked, not decided, and not run out."""
        return self.filter(state=Approval.State.ASKED, expires_at__gt=at)

    def approved(self) -> Self:
        """Answered with yes."""
        return self.filter(state=Approval.State.APPROVED)


class Approval(models.Model):
    """One request for a yes about a record of some package, which makes it and acts on the answer.

    `reference` names the record ("quote:12"); at most one request for it waits at a time. What was
    never decided by `expires_at` counts as no.
    """

    class Kind(models.TextChoices):
        """What is asked for; a further kind is a line here and a caller of `services.ask`."""

        DISCOUNT = "discount", _("Discount")
        CONCESSION = "concession", _("Concession")
        OFFER = "offer", _("Offer on a deal")
        SEND = "send", _("Mail to many")

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", _("Waiting")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")

    # what is asked for
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    reference = models.CharField(max_length=60)
    url = models.CharField(max_length=300)
    sentence = models.CharField(_("what"), max_length=300)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    limit = models.DecimalField(max_digits=18, decimal_places=4)
    reason = models.TextField(_("reason"), blank=True, max_length=2_000)
    # the hash of what it was asked for: another content needs another yes
    content = models.CharField(max_length=64, blank=True)

    # by whom, and whose record it is
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    # who is to decide; nobody in particular where empty
    decider = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    # the answer
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    words = models.TextField(_("words"), blank=True, max_length=2_000)

    objects = ApprovalQuerySet.as_manager()

    class Sensitivity:
        """S1: what is given away."""

        S1 = ("sentence", "amount", "limit", "reason", "words")
        S0 = (
            "kind",
            "content",
            "decider",
            "reference",
            "url",
            "asked_by",
            "owner",
            "team",
            "asked_at",
            "expires_at",
            "origin",
            "state",
            "decided_by",
            "decided_at",
        )

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "reference"], condition=Q(state="asked"), name="approval_asked_once"
            )
        ]
        indexes = [
            # what was said about a record
            models.Index(fields=["reference"], name="approval_of_record"),
            # the inbox, and what was decided
            models.Index(fields=["state", "-asked_at", "-id"], name="approval_inbox"),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def is_about_people(self) -> bool:
        """Whether amount and limit are numbers of people; else they are per cent."""
        return self.kind == self.Kind.SEND

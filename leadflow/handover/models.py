"""The contract by which marketing gives a lead to sales: offered, then answered by a named person."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Lead, LeadCycle, Origin
from leadflow.people.access import within
from leadflow.people.models import User


class RejectReason(models.TextChoices):
    """Why sales returned a lead; `consequences.py` says what each one leads to."""

    NO_FIT_SIZE = "no_fit_size", _("No fit: size")
    NO_FIT_INDUSTRY = "no_fit_industry", _("No fit: industry")
    NO_FIT_REGION = "no_fit_region", _("No fit: region")
    NO_FIT_ROLE = "no_fit_role", _("No fit: role")
    STUDENT = "student", _("Not a buyer: student")
    JOB_SEEKER = "job_seeker", _("Not a buyer: looks for a job")
    COMPETITOR = "competitor", _("Not a buyer: competitor")
    VENDOR = "vendor", _("Not a buyer: sells to us")
    BAD_EMAIL = "bad_email", _("Bad data: wrong email")
    BAD_PHONE = "bad_phone", _("Bad data: wrong phone")
    DUPLICATE = "duplicate", _("Bad data: duplicate")
    NOT_NOW = "not_now", _("Fits, but not now")
    NO_BUDGET = "no_budget", _("No budget")
    UNREACHABLE = "unreachable", _("Could not be reached")
    CUSTOMER = "customer", _("Is a customer already")
    WRONG_OWNER = "wrong_owner", _("Belongs to somebody else")
    SPAM = "spam", _("Spam")


class HandoverQuerySet(models.QuerySet["Handover"]):
    """Hand-overs, asked in the words of the business."""

    def open(self) -> Self:
        """Offered and not answered."""
        return self.filter(state=Handover.State.OFFERED)

    def lapsed(self) -> Self:
        """Nobody answered in time."""
        return self.filter(state=Handover.State.EXPIRED, decided_at__isnull=False)

    def visible_to(self, user: User) -> Self:
        """Those of leads that she may decide about."""
        scope = within(user, "handover.decide", owner="lead__owner", team="lead__team")
        return self.filter(scope, lead__deleted_at=None, lead__merged_into=None)


class Handover(models.Model):
    """One offer of a lead to sales, made when the lead qualifies; at most one is open per cycle."""

    class State(models.TextChoices):
        OFFERED = "offered", _("Waiting for an answer")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Returned")
        EXPIRED = "expired", _("Not answered in time")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="handovers")
    cycle = models.ForeignKey(LeadCycle, models.CASCADE, related_name="handovers")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OFFERED)
    why = models.CharField(max_length=200, blank=True)  # "A1", "asked for a demo"
    offered_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="handovers_decided"
    )
    reason = models.CharField(max_length=16, choices=RejectReason.choices, blank=True)
    note = models.TextField(blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = HandoverQuerySet.as_manager()

    class Sensitivity:
        """S2: what sales wrote about a person."""

        S2 = ("note",)
        S0 = (
            "lead", "cycle", "state", "why", "offered_at", "due_at", "decided_at", "decided_by",
            "reason", "origin",
        )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cycle"], condition=Q(state="offered"), name="one_open_handover"
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""), name="rejected_with_reason"
            ),
        ]
        indexes = [
            # the expiry tick
            models.Index(fields=["due_at"], condition=Q(state="offered"), name="handover_due"),
            models.Index(fields=["lead", "-offered_at"], name="handover_of_lead"),
        ]

    def __str__(self) -> str:
        return f"hand-over of lead {self.lead_id}: {self.state}"

"""Pools of people, what each was given, and the clocks that run until a lead hears from us.

The routing policy itself (ordered rules, fallback) is a versioned rule set of kind "routing".
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Lead, LeadCycle, Origin
from leadflow.people.models import User


class Pool(models.Model):
    """People who take turns; the row is the lock behind which the turns are counted."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    always_open = models.BooleanField(
        _("works around the clock"),
        default=False,
        help_text=_("Members get leads outside their working hours, too."),
    )
    is_archived = models.BooleanField(_("archived"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PoolMember(models.Model):
    """A person's place in a pool.

    `current` is the running weight of smooth weighted round robin; it changes only under the pool's
    lock. A cap of null means no cap, 0 means paused.
    """

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.CASCADE, related_name="pool_places")
    weight = models.PositiveSmallIntegerField(_("weight"), default=1)
    is_paused = models.BooleanField(_("paused"), default=False)
    open_cap = models.PositiveIntegerField(
        _("most open leads"), null=True, blank=True, help_text=_("Empty means no limit.")
    )
    day_cap = models.PositiveIntegerField(
        _("most leads a day"), null=True, blank=True, help_text=_("Empty means no limit.")
    )
    current = models.FloatField(default=0)
    last_assigned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pool", "user"], name="one_place_in_a_pool"),
            models.CheckConstraint(condition=Q(weight__gte=1), name="weight_is_positive"),
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.user} in {self.pool}"


class Assignment(models.Model):
    """One decision of routing about one lead, with everything that led to it; never changed.

    `owner` is empty where the lead fell into the fallback queue. `trigger` says what asked
    ("handover:7"), and makes the decision happen once.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="assignments")
    trigger = models.CharField(max_length=60)
    pool = models.ForeignKey(Pool, models.PROTECT, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.BigIntegerField(null=True, blank=True)  # rulesets.RuleVersion
    reason = models.CharField(max_length=200)
    trace = models.JSONField(default=dict)
    at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S2: what the rules read of her."""

        S2 = ("trace",)
        S0 = ("lead", "trigger", "pool", "owner", "version", "reason", "at", "origin")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "trigger"], name="one_assignment_per_trigger")
        ]
        indexes = [
            models.Index(fields=["lead", "-at"], name="assignment_of_lead"),
            models.Index(fields=["owner", "-at"], name="assignment_of_owner"),  # the daily cap
            # the fallback queue
            models.Index(fields=["-at"], condition=Q(owner=None), name="assignment_fallback"),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} to {self.owner_id or 'the fallback queue'}"


class ResponseClock(models.Model):
    """How long a lead waits for a first real touch in one cycle; stopped by a touch, never a click."""

    cycle = models.OneToOneField(LeadCycle, models.CASCADE, related_name="response_clock")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="response_clocks")
    started_at = models.DateTimeField()
    owner_since = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    touched_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S0: where a lead stands and when; the person is behind the key."""

        S0 = (
            "cycle",
            "lead",
            "started_at",
            "owner_since",
            "due_at",
            "touched_at",
            "warned_at",
            "origin",
        )

    class Meta:
        indexes = [
            # the tick that warns
            models.Index(
                fields=["due_at"], condition=Q(touched_at=None, warned_at=None), name="clock_due"
            ),
            models.Index(fields=["lead"], name="clock_of_lead"),
        ]

    def __str__(self) -> str:
        return f"clock of lead {self.lead_id}"

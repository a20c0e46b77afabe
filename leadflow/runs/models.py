"""Long work as rows, and the work that comes back by the calendar."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.people.models import User


class RunQuerySet(models.QuerySet["Run"]):
    """Runs, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Her own; an admin sees all."""
        return self if user.is_admin else self.filter(asker=user)

    def unfinished(self) -> Self:
        """Waiting or at work."""
        return self.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING])


class Run(models.Model):
    """A piece of work too long for a page: an import, a re-score, a replay, an erasure.

    Asked for by `services.start`; worked chunk by chunk by a process that holds its lease. Whatever is
    killed, the next holder goes on from `checkpoint`, which is committed with the chunk that it marks.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    # what was asked
    kind = models.CharField(max_length=60)
    args = models.JSONField(default=dict)
    key = models.CharField(max_length=120, blank=True)  # at most one unfinished run per key
    asker = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="runs")
    created_at = models.DateTimeField()

    # how far it is
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    progress = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    checkpoint = models.JSONField(default=dict)
    cancel_requested = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    # who is at it; compared with the database's clock
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    crashes = models.PositiveSmallIntegerField(default=0)  # in a row, without a chunk between

    objects = RunQuerySet.as_manager()

    class Sensitivity:
        """S1: what the organisation works on."""

        S1 = ("args", "result", "error", "checkpoint", "note")
        S0 = (
            "kind",
            "key",
            "asker",
            "created_at",
            "state",
            "progress",
            "total",
            "cancel_requested",
            "started_at",
            "finished_at",
            "token",
            "lease_until",
            "crashes",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(state__in=["queued", "running"]) & ~Q(key=""),
                name="run_key_once_unfinished",
            ),
            models.CheckConstraint(
                condition=Q(state="running", token__isnull=False, lease_until__isnull=False)
                | ~Q(state="running"),
                name="run_running_with_lease",
            ),
        ]
        indexes = [
            # what to work on next
            models.Index(
                fields=["id"], condition=Q(state__in=["queued", "running"]), name="run_unfinished"
            ),
            models.Index(fields=["asker", "-id"], name="run_of_asker"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"

    @property
    def is_finished(self) -> bool:
        """Nothing more will happen to it."""
        return self.state not in (self.State.QUEUED, self.State.RUNNING)

    @property
    def percent(self) -> int | None:
        """How much is done; None while nobody knows how much there is."""
        if not self.total:
            return 100 if self.state == self.State.DONE else None
        return min(100, self.progress * 100 // self.total)


class Schedule(models.Model):
    """A run that comes back at a wall-clock time in a zone, daily or on some weekdays.

    `next_at` is the computed instant; the wall time and the zone are the truth.
    """

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=60)
    args = models.JSONField(default=dict)
    wall_time = models.TimeField(_("at"))
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)  # 0 Monday
    is_active = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True, blank=True)

    class Sensitivity:
        """S0: when what runs."""

        S0 = ("name", "kind", "args", "wall_time", "zone", "weekdays", "is_active", "next_at")

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], condition=Q(is_active=True), name="schedule_due")
        ]

    def __str__(self) -> str:
        return self.name


class Tick(models.Model):
    """A slot of a schedule that was fired; unique, so two beats fire it once."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="ticks")
    slot_start_utc = models.DateTimeField()
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+")
    fired_at = models.DateTimeField()

    class Sensitivity:
        """S0: when what ran."""

        S0 = ("schedule", "slot_start_utc", "run", "fired_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "slot_start_utc"], name="tick_once")
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} at {self.slot_start_utc}"

"""The event log: what happened, once, for the reaction, the timeline, the audit and the numbers."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import Origin


class Event(models.Model):
    """A fact. Written by `leadflow.events.log` alone, in the transaction of the change itself.

    Append-only: a database trigger lets the relay stamp `dispatched_at` and `seq` and refuses every
    other change, save the erasure of a person. No foreign keys, so the log never stands in the way of
    the live data.
    """

    kind = models.CharField(max_length=40)
    lead_id = models.BigIntegerField(null=True, blank=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    actor_id = models.BigIntegerField(null=True, blank=True)  # null: the system
    cause_id = models.BigIntegerField(null=True, blank=True)  # the event that led to this one
    hops = models.PositiveSmallIntegerField(default=0)  # how many events lie before it
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    data = models.JSONField(default=dict)

    occurred_at = models.DateTimeField()  # when it happened
    recorded_at = models.DateTimeField()  # when we learnt it
    dispatched_at = models.DateTimeField(null=True, blank=True)
    # Whoever polls pages by `seq`: a lower id may commit later, a lower seq never does.
    seq = models.BigIntegerField(null=True, blank=True, unique=True)

    class Sensitivity:
        """S2: what happened to a person."""

        S2 = ("data",)
        S0 = (
            "kind",
            "lead_id",
            "subject_type",
            "subject_id",
            "actor_id",
            "cause_id",
            "hops",
            "origin",
            "occurred_at",
            "recorded_at",
            "dispatched_at",
            "seq",
        )

    class Meta:
        indexes = [
            # the relay: what is still to be reacted to
            models.Index(fields=["id"], condition=Q(dispatched_at=None), name="event_pending"),
            # stories, by when it happened: what was imported later may lie long ago
            models.Index(fields=["lead_id", "-occurred_at", "-id"], name="event_timeline"),
            models.Index(
                fields=["subject_type", "subject_id", "-occurred_at", "-id"],
                condition=Q(subject_id__isnull=False),
                name="event_of_record",
            ),
            models.Index(
                fields=["actor_id", "-id"],
                condition=Q(actor_id__isnull=False),
                name="event_by_actor",
            ),
            # ranges of time over an append-only table, for a few pages of disk
            BrinIndex(fields=["occurred_at"], name="event_occurred"),
            BrinIndex(fields=["recorded_at"], name="event_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class EventFailure(models.Model):
    """A reaction that raised for one event; written by the relay, listed on the flow page.

    The neighbours of the event went through. `handler` is empty for an event that was not handed on
    because it was the ninth in a chain of causes.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SOLVED = "solved", _("Solved")

    event = models.ForeignKey(Event, models.CASCADE, related_name="failures")
    handler = models.CharField(max_length=200, blank=True)
    error = models.TextField()
    attempts = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Sensitivity:
        """S2: an error may quote what it stumbled over."""

        S2 = ("error",)
        S0 = ("event", "handler", "attempts", "state", "first_at", "last_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "handler"], name="failure_once_per_handler")
        ]
        indexes = [
            models.Index(fields=["-last_at"], condition=Q(state="open"), name="failure_open")
        ]

    def __str__(self) -> str:
        return f"{self.handler or 'loop'} on {self.event_id}"

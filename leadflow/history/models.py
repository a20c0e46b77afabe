"""How things were: every overwritten value, and who could work when."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.people.models import User


class FieldChange(models.Model):
    """A value that a field had until it was overwritten; written by services through `changes`.

    Creation writes none: `as_of` starts from today's row and walks back. Append-only by trigger. No
    foreign key to the object, which may be of any kind and may be gone.
    """

    object_type = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    field = models.CharField(max_length=80)  # "job_title", "owner", or "custom.budget_code"
    old = models.JSONField(null=True, blank=True)
    new = models.JSONField(null=True, blank=True)
    at = models.DateTimeField()  # when the new value became true
    recorded_at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True, blank=True)  # null: the system
    cause = models.CharField(max_length=60, blank=True)  # a word: edit, import, merge, form, rule
    event_id = models.BigIntegerField(null=True, blank=True)  # the event that led to it

    class Sensitivity:
        """S2: what was known of a person."""

        S2 = ("old", "new")
        S0 = (
            "object_type",
            "object_id",
            "field",
            "at",
            "recorded_at",
            "by_id",
            "cause",
            "event_id",
        )

    class Meta:
        indexes = [
            # as_of, and the changes of one record
            models.Index(
                fields=["object_type", "object_id", "field", "at"], name="change_of_field"
            ),
            models.Index(fields=["object_type", "field", "at"], name="change_by_field"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} {self.field}"


class AvailabilityQuerySet(models.QuerySet["Availability"]):
    """Availability, asked in the words of the business."""

    def at(self, when: datetime) -> Self:
        """The row that held for each person at `when`."""
        return self.filter(since__lte=when).order_by("user_id", "-since", "-id").distinct("user_id")


class Availability(models.Model):
    """From `since` on a person takes new leads, or does not; written by `availability.change`.

    A history, not a state: routing of last month is replayed with who was there last month. Who has
    no row is available.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="availability")
    is_available = models.BooleanField(_("takes new leads"))
    capacity = models.PositiveIntegerField(_("open leads at most"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=120, blank=True)
    since = models.DateTimeField()
    by_id = models.BigIntegerField(null=True, blank=True)

    objects = AvailabilityQuerySet.as_manager()

    class Sensitivity:
        """S2: why somebody was away."""

        S2 = ("reason",)
        S0 = ("user", "is_available", "capacity", "since", "by_id")

    class Meta:
        indexes = [models.Index(fields=["user", "-since", "-id"], name="availability_latest")]

    def __str__(self) -> str:
        return f"{self.user_id} {'available' if self.is_available else 'away'} since {self.since}"

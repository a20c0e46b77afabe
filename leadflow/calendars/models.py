"""When people work, and when they do not. Routing, clocks and sending windows read it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.people.models import User


class WorkingHours(models.Model):
    """A person's own weekly hours; without a row the organisation's count."""

    user = models.OneToOneField(User, models.CASCADE, related_name="working_hours")
    week = models.JSONField(_("hours"))
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "working hours"

    def __str__(self) -> str:
        return f"hours of {self.user}"


class Leave(models.Model):
    """Whole days on which a person is away; both ends included."""

    user = models.ForeignKey(User, models.CASCADE, related_name="leaves")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    note = models.CharField(_("note"), max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="leave_ends_after_start",
            )
        ]
        ordering = ["starts_on"]

    def __str__(self) -> str:
        return f"{self.user} away {self.starts_on} to {self.ends_on}"


class Holiday(models.Model):
    """A day on which the organisation is closed."""

    on = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        ordering = ["on"]

    def __str__(self) -> str:
        return f"{self.name} ({self.on})"

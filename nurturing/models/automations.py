"""Automation rules: when something happens to a record and a condition holds, steps are done for it.

What a rule says (trigger, condition, steps) is a versioned document: a rule set of kind "automation".
"""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Lead, Origin
from leadflow.people.models import User
from leadflow.rulesets.models import RuleSet, RuleVersion


class AutomationQuerySet(models.QuerySet["Automation"]):
    """Automations, asked in the words of the business."""

    def living(self) -> Self:
        """Those that are not put away."""
        return self.exclude(state=Automation.State.ARCHIVED)

    def running(self) -> Self:
        """Published ones that react."""
        return self.filter(state=Automation.State.RUNNING)


class Automation(models.Model):
    """A rule that reacts; marketers make them.

    `trigger` repeats the kind of trigger that the published version waits for, so that a fact finds its
    rules by an index.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        ARCHIVED = "archived", _("Archived")

    name = models.CharField(_("name"), max_length=120)
    rule_set = models.OneToOneField(RuleSet, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    trigger = models.CharField(max_length=40, blank=True)
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    alert = models.CharField(max_length=300, blank=True)
    alert_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AutomationQuerySet.as_manager()

    class Sensitivity:
        """S1: how the business works."""

        S1 = ("name", "alert")
        S0 = (
            "rule_set", "state", "trigger", "owner", "alert_at", "published_at", "created_at",
            "created_by",
        )  # fmt: skip

    class Meta:
        indexes = [
            # the handlers: which running rules wait for this fact
            models.Index(
                fields=["trigger"], condition=Q(state="running"), name="automation_by_trigger"
            )
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/automations/{self.pk}/"

    @property
    def is_running(self) -> bool:
        """Whether it reacts."""
        return self.state == self.State.RUNNING


class AutomationRun(models.Model):
    """What one rule did about one occurrence: a fact of the event log, or a moment such as "idle".

    `slot` names the occurrence, so that a rule meets it once. A record of another stage is named by
    kind and id only; `lead` is the person whom it is about, if any.
    """

    class State(models.TextChoices):
        DONE = "done", _("Done")
        PARTLY = "partly", _("Done in part")
        PASSED = "passed", _("Condition not met")
        SKIPPED = "skipped", _("Skipped")
        FAILED = "failed", _("Failed")

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="runs")
    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="+")
    slot = models.CharField(max_length=120)
    event_id = models.BigIntegerField(null=True, blank=True)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="+")

    # how it went: a reason for the whole, and one for each step that was not done
    state = models.CharField(max_length=7, choices=State.choices)
    reason = models.CharField(max_length=300, blank=True)
    steps = models.JSONField(default=list)
    at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S2: a reason may name what is known of a person."""

        S2 = ("reason", "steps")
        S0 = (
            "automation", "version", "slot", "event_id", "subject_kind", "subject_id", "lead", "state",
            "at", "origin",
        )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["automation", "slot"], name="automation_meets_it_once")
        ]
        indexes = [
            # the log of a rule, newest first
            models.Index(fields=["automation", "-at", "-id"], name="automation_run_latest"),
            # whether it reacted to this record lately, and whether it caused what it meets now
            models.Index(
                fields=["automation", "subject_kind", "subject_id", "-at"], name="automation_run_of"
            ),
            models.Index(fields=["event_id"], name="automation_run_of_event"),
            # the tick that forgets
            models.Index(fields=["at"], condition=Q(state="passed"), name="automation_run_age"),
        ]

    def __str__(self) -> str:
        return f"{self.automation_id}: {self.slot}"

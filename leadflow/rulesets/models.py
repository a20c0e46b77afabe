"""Rules in versions, and the decisions that name the version which made them."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Lead
from leadflow.people.models import User


class RuleSetQuerySet(models.QuerySet["RuleSet"]):
    """Rule sets, asked in the words of the business."""

    def living(self) -> Self:
        """Those in use or in preparation."""
        return self.filter(archived_at=None)

    def of_kind(self, kind: str) -> Self:
        """Living ones of a kind, by name."""
        return self.living().filter(kind=kind).order_by("name", "id")


class RuleSet(models.Model):
    """A body of rules that lives through versions: a score model, a routing policy, an SLA policy.

    `kind` names what it decides and who checks its document (`registry`); `subject` the record that it
    belongs to, if any ("pool:3").
    """

    kind = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=120)
    subject = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = RuleSetQuerySet.as_manager()

    class Sensitivity:
        """S1: how the business decides."""

        S1 = ("kind", "name", "subject")
        S0 = ("created_at", "created_by", "archived_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"], condition=Q(archived_at=None), name="ruleset_name_once"
            )
        ]
        indexes = [models.Index(fields=["kind", "subject"], name="ruleset_of_subject")]

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """One state of the rules. A draft is edited; once published it never changes (trigger).

    `revision` grows with each save of a draft, so two editors cannot overwrite each other.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Sensitivity:
        """S1: how the business decides."""

        S1 = ("document", "hash", "note")
        S0 = (
            "rule_set",
            "number",
            "state",
            "revision",
            "saved_at",
            "saved_by",
            "published_at",
            "published_by",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule_set", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["rule_set"], condition=Q(state="draft"), name="version_one_draft"
            ),
            models.UniqueConstraint(
                fields=["rule_set"], condition=Q(state="published"), name="version_one_published"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", published_at=None)
                | (~Q(state="draft") & Q(published_at__isnull=False)),
                name="version_published_with_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_set_id} v{self.number}"


class PublishEvent(models.Model):
    """From `at` on this version decided; append-only, so "which rules held then" has one answer."""

    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="publishings")
    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="publishings")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    is_rollback = models.BooleanField(default=False)

    class Sensitivity:
        """S1: why the rules changed."""

        S1 = ("note",)
        S0 = ("rule_set", "version", "at", "by", "is_rollback")

    class Meta:
        indexes = [models.Index(fields=["rule_set", "-at", "-id"], name="publishing_latest")]

    def __str__(self) -> str:
        return f"{self.version_id} at {self.at}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Decisions, asked in the words of the business."""

    def latest_of(self, lead_id: int, kind: str, at: datetime | None = None) -> "Decision | None":
        """The decision of that kind that held for a lead, now or at a time."""
        rows = self.filter(lead_id=lead_id, version__rule_set__kind=kind)
        if at is not None:
            rows = rows.filter(at__lte=at)
        return rows.select_related("version").order_by("-at", "-id").first()


class Decision(models.Model):
    """What a version decided about a lead, with the trace that `decide()` returned.

    Written when the outcome changes, never per computation; once per (lead, version, revision of the
    lead's state), so a repeated reaction writes nothing.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="decisions")
    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="decisions")
    revision = models.PositiveIntegerField()
    outcome = models.CharField(max_length=60)
    trace = models.JSONField(default=dict)
    at = models.DateTimeField()

    objects = DecisionQuerySet.as_manager()

    class Sensitivity:
        """S2: what was known of a person when it was decided."""

        S2 = ("trace",)
        S1 = ("outcome",)
        S0 = ("lead", "version", "revision", "at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "version", "revision"], name="decision_once")
        ]
        indexes = [
            models.Index(fields=["lead", "-at", "-id"], name="decision_latest"),
            models.Index(fields=["version", "at"], name="decision_of_version"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} for lead {self.lead_id}"

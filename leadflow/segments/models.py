"""Lists of people: kept by a rule or by hand, with when each person came and went."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Lead
from leadflow.people.models import User


class SegmentQuerySet(models.QuerySet["Segment"]):
    """Segments, asked in the words of the business."""

    def living(self) -> Self:
        """Those that are not put away."""
        return self.filter(archived_at=None)

    def dynamic(self) -> Self:
        """Living ones whose members follow from a rule."""
        return self.living().filter(kind=Segment.Kind.DYNAMIC)


class Segment(models.Model):
    """A named list of leads. A dynamic one follows its rule by itself, a static one is kept by hand."""

    class Kind(models.TextChoices):
        DYNAMIC = "dynamic", _("By a rule")
        STATIC = "static", _("By hand")

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("what it is for"), max_length=300, blank=True)
    kind = models.CharField(_("kept"), max_length=7, choices=Kind.choices, default=Kind.DYNAMIC)
    condition = models.JSONField(_("rule"), default=dict, blank=True)
    # a projection of the open memberships, so that the list of segments counts nothing
    member_count = models.PositiveIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = SegmentQuerySet.as_manager()

    class Sensitivity:
        """S1: whom the business looks at."""

        S1 = ("name", "description", "condition")
        S0 = (
            "kind",
            "member_count",
            "refreshed_at",
            "created_at",
            "created_by",
            "archived_at",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(archived_at=None), name="segment_name_once"
            )
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/segments/{self.pk}/"

    @property
    def is_dynamic(self) -> bool:
        """Whether a rule keeps it."""
        return self.kind == self.Kind.DYNAMIC

    @property
    def rule(self) -> dict[str, Any]:
        """The document of its rule."""
        return self.condition or {"all": []}


class SegmentMemberQuerySet(models.QuerySet["SegmentMember"]):
    """Memberships, asked in the words of the business."""

    def current(self) -> Self:
        """Of those who are in it now."""
        return self.filter(left_at=None)


class SegmentMember(models.Model):
    """One stay of a lead in a segment; who comes back gets another row."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="members")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="segment_stays")
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    objects = SegmentMemberQuerySet.as_manager()

    class Sensitivity:
        """S0: where a lead stands and when; the person is behind the key."""

        S0 = ("segment", "lead", "entered_at", "left_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "lead"], condition=Q(left_at=None), name="one_stay_at_a_time"
            )
        ]
        indexes = [
            # a lead's segments, for rules and for her page
            models.Index(
                fields=["lead", "segment"], condition=Q(left_at=None), name="stay_of_lead"
            ),
            models.Index(fields=["segment", "-id"], name="stay_newest"),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} in segment {self.segment_id}"

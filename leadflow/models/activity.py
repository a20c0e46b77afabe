"""What people here do with a lead: calls, mails, meetings, to-dos and notes."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import Direction, Origin
from leadflow.models.company import Company
from leadflow.models.lead import Lead
from leadflow.people.models import User


class ActivityQuerySet(models.QuerySet["Activity"]):
    """Activities, asked in the words of the business."""

    def open(self) -> "ActivityQuerySet":
        """Planned and not done."""
        return self.filter(done_at=None)

    def visible_to(self, user: User) -> "ActivityQuerySet":
        """Those of leads that she may see, and her own."""
        leads = Lead.objects.visible_to(user).values("pk")
        return self.filter(Q(lead__in=leads) | Q(owner=user))


class Activity(models.Model):
    """A call, mail, meeting, demo, social touch or to-do: planned (due) or logged (done)."""

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        EMAIL = "email", _("Email")
        MEETING = "meeting", _("Meeting")
        DEMO = "demo", _("Demo")
        DISCOVERY = "discovery", _("Discovery call")
        SOCIAL = "social", _("Social touch")
        TODO = "todo", _("To-do")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("notes"), blank=True)
    direction = models.CharField(max_length=10, choices=Direction.choices, default="outbound")
    outcome = models.CharField(_("outcome"), max_length=60, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)

    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="activities")
    company = models.ForeignKey(
        Company, models.CASCADE, null=True, blank=True, related_name="activities"
    )
    subject_ref = models.CharField(max_length=60, blank=True)  # "deal:12": a record of a stage
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="activities"
    )

    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = ActivityQuerySet.as_manager()

    class Sensitivity:
        """S2: what was said."""

        S2 = ("subject", "body", "outcome")
        S0 = (
            "kind",
            "direction",
            "minutes",
            "lead",
            "company",
            "subject_ref",
            "owner",
            "due_at",
            "done_at",
            "created_by",
            "created_at",
            "origin",
        )

    class Meta:
        verbose_name_plural = "activities"
        indexes = [
            models.Index(fields=["lead", "-created_at"], name="activity_of_lead"),
            # the queue of a person
            models.Index(
                fields=["owner", "due_at"], condition=Q(done_at=None), name="activity_queue"
            ),
            models.Index(fields=["subject_ref"], name="activity_of_record"),
            # the tick of reminders
            models.Index(fields=["due_at"], condition=Q(done_at=None), name="activity_due"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_touch(self) -> bool:
        """A real outbound touch stops the response clock; a to-do or a bare click never does."""
        return self.done_at is not None and self.kind != self.Kind.TODO


class Note(models.Model):
    """Free words about a lead, a company or a record of a stage."""

    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="notes")
    company = models.ForeignKey(
        Company, models.CASCADE, null=True, blank=True, related_name="notes"
    )
    subject_ref = models.CharField(max_length=60, blank=True)
    text = models.TextField(_("note"))
    is_private = models.BooleanField(_("only I see it"), default=False)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S2: free words."""

        S2 = ("text",)
        S0 = (
            "lead",
            "company",
            "subject_ref",
            "is_private",
            "by",
            "created_at",
            "edited_at",
            "origin",
        )

    class Meta:
        indexes = [
            models.Index(fields=["lead", "-created_at"], name="note_of_lead"),
            models.Index(fields=["subject_ref"], name="note_of_record"),
        ]

    def __str__(self) -> str:
        return self.text[:60]

"""What people here do with a lead: calls, mails, meetings, to-dos and notes."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.kit.repeats import Every
from leadflow.models.choices import Direction, Origin
from leadflow.models.company import Company
from leadflow.models.lead import Lead
from leadflow.people.access import Scope, scope_of, team_ids, within
from leadflow.people.models import Membership, User


class ActivityQuerySet(models.QuerySet["Activity"]):
    """Activities, asked in the words of the business."""

    def open(self) -> "ActivityQuerySet":
        """Planned and not done."""
        return self.filter(done_at=None)

    def touches(self) -> "ActivityQuerySet":
        """Done, by one of ours towards somebody; a to-do is none."""
        done = self.filter(done_at__isnull=False, direction=Direction.OUTBOUND)
        return done.exclude(kind=Activity.Kind.TODO)

    def after(self, moment: str, *, within: timedelta | None = None) -> "ActivityQuerySet":
        """Done from a moment of an outer row on, for `within` at most."""
        rows = self.filter(done_at__gte=models.OuterRef(moment))
        return rows.filter(done_at__lt=models.OuterRef(moment) + within) if within else rows

    def visible_to(self, user: User) -> "ActivityQuerySet":
        """Those of leads that she may see, and her own."""
        leads = Lead.objects.visible_to(user).values("pk")
        return self.filter(Q(lead__in=leads) | Q(owner=user))

    def workable_by(self, user: User) -> "ActivityQuerySet":
        """Those that she may do, put off or give away: her own, and as far as her role reaches, those of
        her teams' people and of leads in her care."""
        scope = scope_of(user, "todo.edit")
        if scope is None:
            return self.none()
        if scope == Scope.ALL:
            return self
        leads = Lead.objects.filter(within(user, "activity.add")).values("pk")
        reach = Q(owner=user) | Q(lead__in=leads)
        if scope == Scope.TEAM:
            reach |= Q(owner__in=people_of(user))
        return self.filter(reach)

    def of_living(self) -> "ActivityQuerySet":
        """Not of a lead or a company in the trash, or a lead that was merged away."""
        of_no_lead = Q(lead=None) & (Q(company=None) | Q(company__deleted_at=None))
        of_lead = Q(lead__isnull=False, lead__deleted_at=None, lead__merged_into=None)
        return self.filter(of_no_lead | of_lead)


def people_of(user: User) -> "models.QuerySet[Membership]":
    """The ids of those in the teams that her role opens to her."""
    return Membership.objects.filter(team__in=team_ids(user)).values("user")  # type: ignore[return-value]


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

    class Priority(models.IntegerChoices):
        HIGH = 1, _("High")
        NORMAL = 2, _("Normal")
        LOW = 3, _("Low")

    class Repeat(models.TextChoices):
        NEVER = "", _("Never")
        DAILY = Every.DAY, _("Every day")
        WEEKDAYS = Every.WEEKDAY, _("Every weekday")
        WEEKLY = Every.WEEK, _("Every week")
        MONTHLY = Every.MONTH, _("Every month")

    class Remind(models.IntegerChoices):
        """Minutes before it is due."""

        NOT = -1, _("Not at all")
        DUE = 0, _("When it is due")
        TEN = 10, _("10 minutes before")
        HALF = 30, _("30 minutes before")
        HOUR = 60, _("An hour before")
        DAY = 1_440, _("A day before")

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

    # what a plan says besides; without `remind` the kind decides
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    remind = models.SmallIntegerField(_("remind me"), choices=Remind.choices, null=True, blank=True)
    told_due_at = models.DateTimeField(null=True, blank=True)  # the due time that was reminded of

    # a series: each makes the next when it is done, at the clock of the first
    repeat = models.CharField(_("repeat"), max_length=8, choices=Repeat.choices, blank=True)
    repeat_from = models.DateTimeField(null=True, blank=True)
    repeat_until = models.DateField(_("until"), null=True, blank=True)
    follows = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="next_one"
    )

    # who asked for it, and with which words
    given_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    given_words = models.CharField(max_length=300, blank=True)

    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = ActivityQuerySet.as_manager()

    class Sensitivity:
        """S2: what was said."""

        S2 = ("subject", "body", "outcome", "given_words")
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
            "priority",
            "remind",
            "told_due_at",
            "repeat",
            "repeat_from",
            "repeat_until",
            "follows",
            "given_by",
            "created_by",
            "created_at",
            "origin",
        )

    class Meta:
        verbose_name_plural = "activities"
        constraints = [
            models.CheckConstraint(
                condition=Q(repeat="") | Q(repeat_from__isnull=False), name="a_series_has_a_first"
            ),
        ]
        indexes = [
            models.Index(fields=["lead", "-created_at"], name="activity_of_lead"),
            # the queue of a person
            models.Index(
                fields=["owner", "due_at"], condition=Q(done_at=None), name="activity_queue"
            ),
            models.Index(fields=["subject_ref"], name="activity_of_record"),
            # the tick of reminders, and to-dos of everybody
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

    class Kind(models.TextChoices):
        NOTE = "note", _("Note")
        RESEARCH = "research", _("Research")

    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="notes")
    company = models.ForeignKey(
        Company, models.CASCADE, null=True, blank=True, related_name="notes"
    )
    subject_ref = models.CharField(max_length=60, blank=True)
    kind = models.CharField(
        _("kind"), max_length=8, choices=Kind.choices, default=Kind.NOTE, db_default=Kind.NOTE
    )
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
            "kind",
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

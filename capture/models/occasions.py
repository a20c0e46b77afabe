"""Events that people register for through a form: webinars, workshops, open days, and who came."""

from datetime import datetime
from decimal import Decimal
from typing import Self
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from capture.models.forms import Submission
from capture.rules.places import Hall
from leadflow.kit import clock
from leadflow.kit.ids import token
from leadflow.models import Campaign, Lead, Origin
from leadflow.people.access import Scope, allowed, scope_of
from leadflow.people.models import User


class OccasionQuerySet(models.QuerySet["Occasion"]):
    """Events, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Everybody who may see forms sees all of them."""
        return self if allowed(user, "form.view") else self.none()

    def upcoming(self, at: datetime) -> Self:
        """Those that are still to come or under way, and take place."""
        return self.filter(cancelled_at=None, ends_at__gt=at)

    def past(self, at: datetime) -> Self:
        """Those that are over or were cancelled."""
        return self.filter(Q(ends_at__lte=at) | Q(cancelled_at__isnull=False))


class Occasion(models.Model):
    """What the interface calls an event: a time and a place, or a link, that people register for.

    Made by a marketer. The code says occasion, since an event is a row of the event log here.
    """

    class Kind(models.TextChoices):
        WEBINAR = "webinar", _("Webinar")
        WORKSHOP = "workshop", _("Workshop")
        TALK = "talk", _("Talk")
        OPEN_DAY = "open_day", _("Open day")
        FAIR = "fair", _("Fair")
        OTHER = "other", _("Other")

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        RUNNING = "running", _("Under way")
        OVER = "over", _("Over")
        CANCELLED = "cancelled", _("Cancelled")

    title = models.CharField(_("title"), max_length=160)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.WEBINAR)
    description = models.TextField(
        _("description"),
        max_length=3000,
        blank=True,
        help_text=_("Goes into the calendar entry, too."),
    )

    # when; moments, and the zone in which people are told of them
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    time_zone = models.CharField(_("time zone"), max_length=64)

    # where
    place = models.CharField(_("place"), max_length=300, blank=True)
    join_url = models.CharField(
        _("link to join"),
        max_length=500,
        blank=True,
        help_text=_("Only people with a place get it: by email, and on their own page."),
    )
    host = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("host")
    )

    # for how many
    capacity = models.PositiveIntegerField(
        _("places"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
        help_text=_("Leave empty to take everybody."),
    )
    has_waiting_list = models.BooleanField(
        _("Keep a waiting list when it is full"),
        default=True,
        help_text=_("A place that is given back goes to who waits longest, with an email."),
    )

    # what coming tells about a person
    campaign = models.ForeignKey(
        Campaign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("campaign"),
    )
    topic = models.CharField(
        _("topic"), max_length=80, blank=True, help_text=_("Rules can ask for events about it.")
    )
    points = models.PositiveSmallIntegerField(
        _("points"),
        default=0,
        help_text=_("What coming is worth; a score rule reads it as the value."),
    )

    # where it stands
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_note = models.CharField(max_length=500, blank=True)
    sequence = models.PositiveIntegerField(default=0)  # calendars believe the highest number
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = OccasionQuerySet.as_manager()

    class Sensitivity:
        """S0: what the organisation announces; S1: the door of a closed circle."""

        S1 = ("join_url",)
        S0 = (
            "title", "kind", "description", "starts_at", "ends_at", "time_zone", "place", "host",
            "capacity", "has_waiting_list", "campaign", "topic", "points", "cancelled_at",
            "cancel_note", "sequence", "origin", "created_at", "created_by",
        )  # fmt: skip

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="occasion_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(capacity__gte=1), name="occasion_has_places"
            ),
        ]
        # the lists, the calendar, the choices of the editor
        indexes = [models.Index(fields=["starts_at", "id"], name="occasion_by_time")]
        ordering = ["starts_at", "id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/events/{self.pk}/"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which people are told of it."""
        return ZoneInfo(self.time_zone)

    @property
    def starts_here(self) -> datetime:
        """The start by the clock on its wall."""
        return self.starts_at.astimezone(self.zone)

    @property
    def ends_here(self) -> datetime:
        """The end by the clock on its wall."""
        return self.ends_at.astimezone(self.zone)

    @property
    def state(self) -> "Occasion.State":
        """Where it stands now."""
        return self.state_at(clock.now())

    def state_at(self, at: datetime) -> "Occasion.State":
        """Where it stands, or stood, at a moment."""
        if self.cancelled_at is not None:
            return self.State.CANCELLED
        if at < self.starts_at:
            return self.State.PLANNED
        return self.State.RUNNING if at < self.ends_at else self.State.OVER

    @property
    def worth(self) -> Decimal | None:
        """What coming is worth, as facts carry it; None where it is worth nothing by itself."""
        return Decimal(self.points) if self.points else None

    def hall(self, *, taken: int, waiting: int) -> Hall:
        """How it is filled."""
        return Hall(self.capacity, taken, waiting, self.has_waiting_list)


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Registrations, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """All for marketers and admins; a manager sees those of leads she may see."""
        scope = scope_of(user, "answer.view")
        if scope is None:
            return self.none()
        if scope == Scope.ALL:
            return self
        return self.filter(lead__in=Lead.objects.visible_to(user))

    def with_a_place(self) -> Self:
        """Those who fill the hall."""
        return self.filter(state__in=WITH_A_PLACE)

    def in_line(self) -> Self:
        """Those who wait, the longest waiting first."""
        return self.filter(state=Registration.State.WAITING).order_by("asked_at", "pk")


class Registration(models.Model):
    """One person's place at an event, or her wait for one, and whether she came.

    Made by `services.registrations` from an answer, or by an import of who came.
    """

    class State(models.TextChoices):
        REGISTERED = "registered", _("Registered")
        WAITING = "waiting", _("On the waiting list")
        TURNED_AWAY = "turned_away", _("Found it full")
        CANCELLED = "cancelled", _("Cancelled")
        ATTENDED = "attended", _("Attended")
        MISSED = "missed", _("Did not come")

    occasion = models.ForeignKey(Occasion, models.CASCADE, related_name="registrations")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="registrations")
    submission = models.ForeignKey(
        Submission, models.SET_NULL, null=True, blank=True, related_name="registrations"
    )
    public_id = models.CharField(max_length=22, unique=True, default=token, editable=False)
    state = models.CharField(max_length=11, choices=State.choices)
    # how often she asked: each round has mails of its own
    round = models.PositiveSmallIntegerField(default=1)
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    made_lead = models.BooleanField(default=False)

    # what the tool of a webinar told
    joined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveIntegerField(null=True, blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = RegistrationQuerySet.as_manager()

    class Sensitivity:
        """S3: who knows the id holds half of a link; S2: where a person was."""

        S3 = ("public_id",)
        S2 = ("joined_at", "left_at", "minutes")
        S0 = (
            "occasion", "lead", "submission", "state", "round", "asked_at", "changed_at",
            "made_lead", "origin",
        )  # fmt: skip

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            models.UniqueConstraint(fields=["occasion", "lead"], name="one_place_a_person")
        ]
        # the counts of an event, its waiting list, its table
        indexes = [models.Index(fields=["occasion", "state", "asked_at"], name="registration_line")]

    def __str__(self) -> str:
        return f"{self.occasion_id}: {self.lead_id} {self.state}"


WITH_A_PLACE = (
    Registration.State.REGISTERED,
    Registration.State.ATTENDED,
    Registration.State.MISSED,
)

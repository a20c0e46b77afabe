"""When people work, when they do not, and what visitors booked of their time."""

from datetime import timedelta
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from leadflow.kit.ids import token
from leadflow.models import Activity, Lead, Origin
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.services import hosts


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


class MeetingTypeQuerySet(models.QuerySet["MeetingType"]):
    """Meeting types, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Whoever may see one sees all: what can be booked is no secret."""
        return self if allowed(user, "meeting.view") else self.none()

    def open_to_visitors(self) -> Self:
        """Not put away, and with somebody who can be met."""
        return self.filter(is_archived=False, hosts__is_active=True).distinct()


def _minutes(label: object, default: int, most: int, least: int = 0) -> models.Field:  # type: ignore[type-arg]
    return models.PositiveSmallIntegerField(
        label,  # type: ignore[arg-type]
        default=default,
        validators=[MinValueValidator(least), MaxValueValidator(most)],
    )


class MeetingType(models.Model):
    """What visitors can book, and with whom; made by a marketer or a manager in Settings.

    Its page lies at /b/SLUG/. With several hosts the one who is free and was booked least is met.
    """

    class Kind(models.TextChoices):
        MEETING = Activity.Kind.MEETING.value, _("Meeting")
        DEMO = Activity.Kind.DEMO.value, _("Demo")
        DISCOVERY = Activity.Kind.DISCOVERY.value, _("Discovery call")

    class Place(models.TextChoices):
        PHONE = "phone", _("We call the visitor")
        LINK = "link", _("A video link")
        ADDRESS = "address", _("An address")

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(
        _("address"), max_length=60, unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9-]*$", _("Begin with a letter; small letters, digits and dashes."))],
        help_text=_("The end of its page's address. Keep it once you have given it out."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.MEETING)
    words = models.TextField(_("what visitors read"), max_length=1000, blank=True)
    hosts = models.ManyToManyField(User, related_name="meeting_types", verbose_name=_("hosts"))

    place = models.CharField(_("where"), max_length=7, choices=Place.choices, default=Place.PHONE)
    place_details = models.CharField(_("link or address"), max_length=300, blank=True)

    # when
    minutes = _minutes(_("length in minutes"), 30, 480, 5)
    step = _minutes(_("a time every … minutes"), 30, 480, 5)
    before = _minutes(_("minutes kept free before"), 0, 240)
    after = _minutes(_("minutes kept free after"), 0, 240)
    notice_hours = _minutes(_("earliest in … hours"), 4, 720)
    days_ahead = _minutes(_("at most … days ahead"), 30, 60, 1)
    per_day = models.PositiveSmallIntegerField(
        _("most a day for each host"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    is_archived = models.BooleanField(_("archived"), default=False)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = MeetingTypeQuerySet.as_manager()

    class Sensitivity:
        """S0: what the organisation publishes."""

        S0 = (
            "name", "slug", "kind", "words", "hosts", "place", "place_details", "minutes", "step",
            "before", "after", "notice_hours", "days_ahead", "per_day", "is_archived", "origin",
        )  # fmt: skip

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def public_path(self) -> str:
        """Where visitors book it."""
        return f"/b/{self.slug}/"

    def page_url(self) -> str:
        """The same as visitors are told it."""
        return hosts.base_url() + self.public_path

    @property
    def length(self) -> timedelta:
        """How long it takes."""
        return timedelta(minutes=self.minutes)


class BookingQuerySet(models.QuerySet["Booking"]):
    """Bookings, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Her own as a host, and those of leads that she may see."""
        leads = Lead.objects.visible_to(user).values("pk")
        return self.filter(Q(host=user) | Q(lead__in=leads))

    def standing(self) -> Self:
        """Neither cancelled nor missed."""
        return self.filter(state=Booking.State.BOOKED)


class Booking(models.Model):
    """An hour of a host that a visitor took; made and changed by `leadflow.calendars.bookings` alone.

    `blocked_from` to `blocked_until` is the meeting with what is kept free around it. The database
    itself refuses two standing bookings of one host whose blocked times touch.
    """

    class State(models.TextChoices):
        BOOKED = "booked", _("Booked")
        CANCELLED = "cancelled", _("Cancelled")
        MISSED = "missed", _("Did not come")

    public_id = models.CharField(max_length=32, unique=True, default=token, editable=False)
    key = models.CharField(max_length=100, unique=True)  # the same wish twice is one booking
    meeting_type = models.ForeignKey(MeetingType, models.PROTECT, related_name="bookings")
    host = models.ForeignKey(User, models.PROTECT, related_name="bookings")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="bookings")
    activity = models.OneToOneField(
        Activity, models.SET_NULL, null=True, blank=True, related_name="booking"
    )

    # who comes, in her own words and time zone
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    note = models.TextField(blank=True)
    zone = models.CharField(max_length=64, blank=True)

    starts_at = models.DateTimeField(_("when"))
    ends_at = models.DateTimeField()
    blocked_from = models.DateTimeField()
    blocked_until = models.DateTimeField()
    sequence = models.PositiveSmallIntegerField(default=0)  # how often it changed; calendars ask

    state = models.CharField(max_length=9, choices=State.choices, default=State.BOOKED)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = BookingQuerySet.as_manager()

    class Sensitivity:
        """S3: what its link is known by; S2: who comes, and why."""

        S3 = ("public_id",)
        S2 = ("name", "email", "note")
        S0 = (
            "key", "meeting_type", "host", "lead", "activity", "zone", "starts_at", "ends_at",
            "blocked_from", "blocked_until", "sequence", "state", "origin", "created_at", "changed_at",
        )  # fmt: skip

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="host_is_met_by_one",
                expressions=[
                    ("host", RangeOperators.EQUAL),
                    (
                        Func(
                            F("blocked_from"), F("blocked_until"), RangeBoundary(),
                            function="tstzrange", output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state="booked"),
            ),
            models.CheckConstraint(
                condition=Q(
                    blocked_from__lte=F("starts_at"),
                    starts_at__lt=F("ends_at"),
                    ends_at__lte=F("blocked_until"),
                ),
                name="booking_in_order",
            ),
        ]  # fmt: skip
        indexes = [
            # the diary of a host, and how often she was met lately
            models.Index(fields=["host", "starts_at"], name="booking_of_host"),
        ]
        ordering = ["starts_at", "id"]

    def __str__(self) -> str:
        return f"{self.meeting_type_id} {self.starts_at:%Y-%m-%d %H:%M}"

"""Lists of people to call, who of them was called, and how each call ended."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.calling import rules
from leadflow.models import Activity, Lead
from leadflow.models.activity import people_of
from leadflow.people.access import Scope, scope_of
from leadflow.people.models import User


class Outcome(models.TextChoices):
    """As `rules.Outcome`, in words."""

    INTERESTED = rules.Outcome.INTERESTED, _("Interested")
    MEETING = rules.Outcome.MEETING, _("Meeting agreed")
    CALL_BACK = rules.Outcome.CALL_BACK, _("Asks to be called again")
    NO_ANSWER = rules.Outcome.NO_ANSWER, _("No answer")
    VOICEMAIL = rules.Outcome.VOICEMAIL, _("Voicemail")
    BUSY = rules.Outcome.BUSY, _("Busy")
    NOT_INTERESTED = rules.Outcome.NOT_INTERESTED, _("Not interested")
    WRONG_NUMBER = rules.Outcome.WRONG_NUMBER, _("Wrong number")
    DO_NOT_CALL = rules.Outcome.DO_NOT_CALL, _("Do not call again")


class CallListQuerySet(models.QuerySet["CallList"]):
    """Call lists, asked in the words of the business."""

    def visible_to(self, user: User, permission: str = "call.work") -> Self:
        """Those that she calls or made; for a manager also those on which her people call."""
        scope = scope_of(user, permission)
        if scope is None:
            return self.none()
        if scope == Scope.ALL:
            return self
        reach = Q(created_by=user)
        callers = CallList.callers.through.objects.filter(user=user)
        if scope == Scope.TEAM:
            callers = CallList.callers.through.objects.filter(
                Q(user=user) | Q(user__in=people_of(user))
            )
        return self.filter(reach | Q(pk__in=callers.values("calllist")))

    def open(self) -> Self:
        """Still worked."""
        return self.filter(closed_at=None)


class CallList(models.Model):
    """People to call with one script: made by a manager of a segment or a view, worked by callers."""

    class Ending(models.TextChoices):
        LEAVE = "leave", _("Leave the lead as it is")
        RECYCLE = "recycle", _("Send them back to marketing")
        CLOSE = "close", _("Disqualify them")

    name = models.CharField(_("name"), max_length=120)
    script = models.TextField(_("script"), blank=True, max_length=10_000)
    callers = models.ManyToManyField(User, related_name="+")

    # how often and when
    tries = models.PositiveSmallIntegerField(
        _("tries at most"), default=5, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    days = models.PositiveSmallIntegerField(
        _("within days"), default=14, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    pause = models.PositiveSmallIntegerField(
        _("hours between tries"), default=20, validators=[MaxValueValidator(720)]
    )
    ending = models.CharField(
        _("after the last try"), max_length=7, choices=Ending.choices, default=Ending.LEAVE
    )
    from_hour = models.PositiveSmallIntegerField(
        _("call from"), default=9, validators=[MaxValueValidator(23)]
    )
    to_hour = models.PositiveSmallIntegerField(
        _("until before"), default=18, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    weekends = models.BooleanField(_("also at weekends"), default=False)

    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=6, default="live")

    objects = CallListQuerySet.as_manager()

    class Sensitivity:
        """S1: how the business talks to people."""

        S1 = ("name", "script")
        S0 = (
            "callers", "tries", "days", "pause", "ending", "from_hour", "to_hour", "weekends",
            "created_by", "created_at", "closed_at", "origin",
        )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(from_hour__lt=models.F("to_hour")), name="call_hours_in_order"
            )
        ]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/call-lists/{self.pk}/"

    @property
    def policy(self) -> rules.Policy:
        """How often, for the rules."""
        return rules.Policy(self.tries, self.days, self.pause)


class CallEntry(models.Model):
    """One person of a list. A caller who has her claims the row until `claimed_until`: nobody else gets her."""

    class State(models.TextChoices):
        WAITING = rules.State.WAITING, _("To call")
        DONE = rules.State.DONE, _("Done")
        SPENT = rules.State.SPENT, _("Tried in vain")

    call_list = models.ForeignKey(CallList, models.CASCADE, related_name="entries")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    first_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField()
    claimed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Sensitivity:
        """S0: a place in a list."""

        S0 = (
            "call_list", "lead", "state", "tries", "first_at", "next_at", "claimed_by",
            "claimed_until",
        )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call_list", "lead"], name="on_a_call_list_once")
        ]
        indexes = [
            # the next to call
            models.Index(
                fields=["call_list", "next_at", "id"],
                condition=Q(state="waiting"),
                name="call_next",
            ),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} on call list {self.call_list_id}"


class CallAttempt(models.Model):
    """One call of a list: by whom, when, how it ended; the activity on the timeline tells the same."""

    entry = models.ForeignKey(CallEntry, models.CASCADE, related_name="attempts")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    at = models.DateTimeField()
    activity = models.ForeignKey(Activity, models.SET_NULL, null=True, related_name="+")

    class Sensitivity:
        """S0: an outcome and a time."""

        S0 = ("entry", "by", "outcome", "at", "activity")

    def __str__(self) -> str:
        return f"{self.outcome} of {self.entry_id}"

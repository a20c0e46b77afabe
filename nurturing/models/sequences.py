"""Sequences, and who is in them.

What a sequence says and does (trigger, steps, goal, exits) is a versioned document: a rule set of kind
"sequence". A person stays with the version that she entered by.
"""

from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.mail.models import Delivery
from leadflow.models import Activity, Lead, Origin
from leadflow.people.models import User
from leadflow.rulesets.models import RuleSet, RuleVersion


class Reason(models.TextChoices):
    """Why somebody did not enter a sequence, left it, or was passed over; in the order of checking."""

    GONE = "gone", _("No longer here")
    ERASED = "erased", _("Erased")
    BLOCKED = "blocked", _("Blocked by us")
    COMPLAINT = "complaint", _("Complained")
    HARD_BOUNCE = "hard_bounce", _("The address does not exist")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")  # from all mail
    UNSUBSCRIBED_PURPOSE = "unsub_purpose", _("Unsubscribed from this purpose")
    NO_ADDRESS = "no_address", _("No email address")
    NO_CONSENT = "no_consent", _("No consent for email")
    NEVER_LIST = "never_list", _("In a segment that gets no marketing mail")
    KEPT_OUT = "kept_out", _("In a segment that this sequence keeps out")
    COMPETITOR = "competitor", _("Works for a competitor")
    STAFF = "staff", _("Works here")
    DISQUALIFIED = "disqualified", _("Disqualified")
    GOAL = "goal", _("Goal met")
    IN_IT = "in_it", _("In this sequence already")
    WAS_IN_IT = "was_in_it", _("Was in this sequence before")
    CIRCLE = "circle", _("Entered too often in a day")
    GOES_FIRST = "goes_first", _("In a sequence that goes first")
    AWAITS = "awaits", _("Waits for approval")
    NOT_APPROVED = "not_approved", _("Not approved")
    # of a broadcast only
    EXCLUDED = "excluded", _("In a segment that is taken out")
    DEMO = "demo", _("Made up for the demo")
    DUPLICATE = "duplicate", _("Another lead has this address")
    CAPPED = "capped", _("Has had enough mail this week")
    OFFER_OVER = "offer_over", _("The offer is over, or was used")  # a step of a sequence too
    NO_CODE = "no_code", _("No code of the offer was left")
    # puts a mail off, and drops nobody
    BOUNCES = "bounces", _("Mails to this person bounce at the moment")
    YIELDS = "yields", _("A sequence that goes first writes first")
    QUIET = "quiet", _("Outside the sending hours")
    # only on the way
    DONE = "done", _("Reached the end")
    REPLIED = "replied", _("Replied")
    OWNER = "owner", _("An owner took over")
    DEAL = "deal", _("A deal was opened")
    CUSTOMER = "customer", _("Became a customer")
    MEETING = "meeting", _("Booked a meeting")
    STAGE = "stage", _("Came to another stage")
    LEFT_SEGMENT = "left_segment", _("Left the segment")
    MERGED = "merged", _("Merged with another person")
    BY_HAND = "by_hand", _("Stopped by hand")
    TOO_LATE = "too_late", _("No free slot within the days that a mail stays fresh")
    TOO_LONG = "too_long", _("In it for longer than it lasts")
    SKIPPED = "skipped", _("Could not be done")
    NOT_DELIVERED = "not_delivered", _("A mail could not be delivered")
    ERROR = "error", _("Something went wrong")


class SequenceQuerySet(models.QuerySet["Sequence"]):
    """Sequences, asked in the words of the business."""

    def living(self) -> Self:
        """Those that are not put away."""
        return self.exclude(state=Sequence.State.ARCHIVED)

    def running(self) -> Self:
        """Published ones that take people in and write to them."""
        return self.filter(state=Sequence.State.RUNNING)


class Sequence(models.Model):
    """A series of mails, waits and to-dos that people walk through; marketers make them.

    `trigger` repeats what the published version says, so that a fact finds its sequences by an index:
    "form:3", "segment:7", "cooled", "recycled" or "" for by hand only.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        ARCHIVED = "archived", _("Archived")

    name = models.CharField(_("name"), max_length=120)
    rule_set = models.OneToOneField(RuleSet, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    trigger = models.CharField(max_length=60, blank=True)
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_("9 goes first: who is in it does not enter one with a smaller number."),
    )
    alert = models.CharField(max_length=300, blank=True)
    alert_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = SequenceQuerySet.as_manager()

    class Sensitivity:
        """S1: how the business writes to people."""

        S1 = ("name", "alert")
        S0 = (
            "rule_set",
            "state",
            "trigger",
            "owner",
            "priority",
            "alert_at",
            "created_at",
            "created_by",
        )

    class Meta:
        indexes = [
            # the handlers that enrol: which running sequences wait for this fact
            models.Index(
                fields=["trigger"], condition=Q(state="running"), name="sequence_by_trigger"
            )
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/sequences/{self.pk}/"

    @property
    def campaign(self) -> str:
        """What its mails are called in the ledger."""
        return f"sequence-{self.pk}"

    @property
    def is_running(self) -> bool:
        """Whether it takes people in and writes to them."""
        return self.state == self.State.RUNNING


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    """Enrolments, asked in the words of the business."""

    def under_way(self) -> Self:
        """Not at their end; a paused walk is under way too."""
        return self.filter(state__in=UNDER_WAY)

    def moving(self) -> Self:
        """Under way and not paused by hand: those that the tick takes further."""
        return self.filter(state__in=MOVING)

    def visible_to(self, user: User) -> Self:
        """Of leads that the user may see."""
        return self.filter(lead__in=Lead.objects.visible_to(user).values("pk"))


class Enrolment(models.Model):
    """One walk of a lead through a sequence; `run_no` counts her walks.

    `step` is the id of the step to be done at `due_at` (business time). Only the services `enrolment`,
    `advancing`, `pausing` and `migrating` write it. One who is held back never takes a step: her row is
    there to be compared with.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("About to start")
        ACTIVE = "active", _("Under way")
        WAITING = "waiting", _("Waiting")
        PAUSED = "paused", _("Paused")
        FINISHED = "finished", _("Finished")
        GOAL_MET = "goal_met", _("Goal met")
        EXITED = "exited", _("Left")
        SUPPRESSED = "suppressed", _("May not be written to")
        FAILED = "failed", _("Failed")
        HELD_BACK = "held_back", _("Held back to compare")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="enrolments")
    sequence = models.ForeignKey(Sequence, models.PROTECT, related_name="enrolments")
    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="+")
    run_no = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    step = models.CharField(max_length=16, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    # since when its mail is put off by hours or caps; empty while it is not
    deferred_since = models.DateTimeField(null=True, blank=True)
    deferred_by = models.CharField(max_length=14, choices=Reason.choices, blank=True)
    # the to-do or call that a step waits to see done
    waits_for = models.ForeignKey(
        Activity, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # steps that were taken already may lie ahead: after a move to another version, or a pause
    retraces = models.BooleanField(default=False)
    # when its goal became true, under way or afterwards
    goal_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=14, choices=Reason.choices, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    cause = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    enrolled_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = EnrolmentQuerySet.as_manager()

    class Sensitivity:
        """S0: that somebody was in a sequence; the mails stand in the ledger."""

        S1 = ("detail",)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "lead", "run_no"], name="one_walk_a_run"),
            models.UniqueConstraint(
                fields=["sequence", "lead"],
                condition=Q(state__in=["pending", "active", "waiting", "paused"]),
                name="one_walk_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "active", "waiting"], due_at__isnull=False)
                | ~Q(state__in=["pending", "active", "waiting"]),
                name="walk_knows_its_next_time",
            ),
        ]
        indexes = [
            # the tick
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state__in=["pending", "active", "waiting"]),
                name="enrolment_due",
            ),
            # a to-do was done
            models.Index(
                fields=["waits_for"],
                condition=Q(waits_for__isnull=False),
                name="enrolment_waits_for",
            ),
            # the people of a sequence, a lead's sequences
            models.Index(fields=["sequence", "-id"], name="enrolment_newest"),
            models.Index(fields=["lead", "-id"], name="enrolment_of_lead"),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} in sequence {self.sequence_id}"

    @property
    def is_under_way(self) -> bool:
        """Whether something is still to come."""
        return self.state in UNDER_WAY

    @property
    def document(self) -> dict[str, Any]:
        """What she walks through."""
        return dict(self.version.document)

    @property
    def key_start(self) -> str:
        """How the names of all its mails in the ledger begin."""
        return f"enrolment:{self.pk}"

    def key(self, step_id: str, occurrence: int = 1) -> str:
        """The name of one mail of this walk in the ledger."""
        return mail_key(self.pk, step_id, occurrence)


def mail_key(enrolment: int, step_id: str, occurrence: int = 1) -> str:
    """The name of one mail of a walk in the ledger: which walk, which step, which time."""
    return f"enrolment:{enrolment}:step:{step_id}:occ:{occurrence}"


MOVING = (Enrolment.State.PENDING, Enrolment.State.ACTIVE, Enrolment.State.WAITING)
UNDER_WAY = (*MOVING, Enrolment.State.PAUSED)


class StepDone(models.Model):
    """A step that was taken, once, of whatever kind: the results per step and per branch are counted here.

    `way` is the branch that she went by a condition ("yes", "no") or a split (the way's id), or how a
    wait for a to-do ended ("done", "late").
    """

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="steps_done")
    step = models.CharField(max_length=16)
    occurrence = models.PositiveSmallIntegerField(default=1)
    way = models.CharField(max_length=16, blank=True)
    # the mail that was handed to the ledger
    delivery = models.ForeignKey(
        Delivery, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # why it was left out, and what had put a mail off before
    reason = models.CharField(max_length=14, choices=Reason.choices, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    deferred_by = models.CharField(max_length=14, choices=Reason.choices, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "step", "occurrence"], name="a_step_is_taken_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["delivery"], condition=Q(delivery__isnull=False), name="step_of_delivery"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} of enrolment {self.enrolment_id}"


class WayChosen(models.Model):
    """How the comparison of a split ended, once for each split: whoever comes later goes that way.

    An empty `way` says that no way was clearly better: the shares stay. `figures` are what it was decided
    by: {way: {"sent": n, "good": n}}.
    """

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="ways_chosen")
    step = models.CharField(max_length=16)
    way = models.CharField(max_length=16, blank=True)
    by_what = models.CharField(max_length=10)
    figures = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Sensitivity:
        """S1: how the business writes to people."""

        S1 = ("figures",)
        S0 = ("sequence", "step", "way", "by_what", "at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "step"], name="one_choice_a_split")
        ]

    def __str__(self) -> str:
        return f"{self.step} of sequence {self.sequence_id}: {self.way}"


class Refusal(models.Model):
    """Somebody who should have entered a sequence and did not; the latest reason stands."""

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="refusals")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=14, choices=Reason.choices)
    cause = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()

    class Sensitivity:
        """S0: where a lead stands and when; the person is behind the key."""

        S0 = ("sequence", "lead", "reason", "cause", "at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "lead"], name="one_refusal_each")
        ]
        indexes = [models.Index(fields=["sequence", "-at"], name="refusal_newest")]

    def __str__(self) -> str:
        return f"lead {self.lead_id}: {self.reason}"

    @property
    def cause_words(self) -> str:
        """By what she came, in a word."""
        kind, _colon, _ref = self.cause.partition(":")
        words = {
            "form": _("A form"), "segment": _("A segment"), "automation": _("An automation"),
            "manual": _("By hand"),
        }  # fmt: skip
        return str(words.get(kind, _("Something that happened")))

"""Broadcasts: one mail to many at a time, and a row for each person of the audience."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.mail.models import UNFINISHED, Delivery, MailDesign, SenderIdentity
from leadflow.models import Campaign, Lead, Origin
from leadflow.offers.models import Offer
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.runs.models import Run
from leadflow.segments.models import Segment
from nurturing.models.sequences import Reason

LETTERS = "ABCD"  # what pages call the subjects of one broadcast


class BroadcastQuerySet(models.QuerySet["Broadcast"]):
    """Broadcasts, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """All of them, for whoever may see broadcasts; the people in them are listed visibly."""
        return self if allowed(user, "broadcast.view") else self.none()

    def living(self) -> Self:
        """Those that are not put away."""
        return self.filter(archived_at=None)

    def on_the_web(self) -> Self:
        """Those that anybody may read, the newest first."""
        return self.filter(shown_at__isnull=False).order_by("-begins_at", "-pk")

    def going(self) -> Self:
        """Confirmed, and not at their end: the tick looks after them."""
        return self.filter(state__in=[Broadcast.State.SCHEDULED, Broadcast.State.SENDING])


class Broadcast(models.Model):
    """One mail to the people of some segments, at a time; marketers make them.

    A draft changes freely. Confirming it fixes the audience (`Recipient`) and the words; from then on
    only `nurturing.services.sending` moves it. The wall time and its zone are the truth of when, the
    instants follow from them.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("Being sent")
        PAUSED = "paused", _("Paused")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", _("Cancelled")

    class Timing(models.TextChoices):
        NOW = "now", _("At once")
        AT = "at", _("At a time, for everybody together")
        LOCAL = "local", _("At a time of each reader's own clock")

    class DecideBy(models.TextChoices):
        """What tells subjects apart; opens do not, for mail programs open mails by themselves."""

        CLICKS = "clicks", _("Clicks that a person made")
        REPLIES = "replies", _("Replies")

    name = models.CharField(_("name"), max_length=120)
    campaign = models.ForeignKey(
        Campaign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("campaign"),
    )
    purpose = models.CharField(_("purpose"), max_length=60, default="marketing")

    # the mail; `programs` are its templates as they were compiled when it was saved
    sender = models.ForeignKey(
        SenderIdentity, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    preview = models.CharField(_("preview text"), max_length=200, blank=True)
    body = models.TextField(_("message"), blank=True)
    design = models.ForeignKey(MailDesign, models.SET_NULL, null=True, blank=True, related_name="+")
    offer = models.ForeignKey(
        Offer, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("offer")
    )
    programs = models.JSONField(default=dict, blank=True)

    # whether opens are counted; unknown: as the organisation wants it
    counts_opens = models.BooleanField(_("opens"), null=True, blank=True)

    # other subjects of the same mail, as {"subject": …, "program": …}; with any, a sample of the audience
    # gets each of them first, and the rest waits for the one that did better
    other_subjects = models.JSONField(default=list, blank=True)
    sample_share = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(10), MaxValueValidator(50)]
    )
    decide_by = models.CharField(max_length=7, choices=DecideBy.choices, default=DecideBy.CLICKS)
    decide_after = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(48)]
    )
    # when the last mail of the sample had been tried
    sample_left_at = models.DateTimeField(null=True, blank=True)

    # to whom
    include = models.ManyToManyField(Segment, related_name="+", blank=True)
    exclude = models.ManyToManyField(Segment, related_name="+", blank=True)

    # when: the day and hour that the clocks show, in `zone` or where each reader is
    timing = models.CharField(_("when"), max_length=5, choices=Timing.choices, default=Timing.NOW)
    send_on = models.DateField(_("day"), null=True, blank=True)
    send_time = models.TimeField(_("hour"), null=True, blank=True)
    zone = models.CharField(max_length=64, blank=True)

    # on the web: the name of its page, and since when anybody may read it there
    public_id = models.CharField(max_length=12, blank=True)
    shown_at = models.DateTimeField(null=True, blank=True)

    # where it stands
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    revision = models.PositiveIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    begins_at = models.DateTimeField(null=True, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    alert = models.CharField(max_length=300, blank=True)
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+")

    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = BroadcastQuerySet.as_manager()

    class Sensitivity:
        """S1: how the business writes to people."""

        S1 = ("name", "subject", "preview", "body", "programs", "other_subjects", "alert")
        S0 = (
            "public_id",
            "shown_at",
            "counts_opens",
            "sample_share",
            "decide_by",
            "decide_after",
            "sample_left_at",
            "campaign",
            "purpose",
            "sender",
            "design",
            "offer",
            "include",
            "exclude",
            "timing",
            "send_on",
            "send_time",
            "zone",
            "state",
            "revision",
            "confirmed_at",
            "confirmed_by",
            "begins_at",
            "frozen_at",
            "ended_at",
            "run",
            "origin",
            "created_at",
            "created_by",
            "archived_at",
        )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft", confirmed_at=None)
                | (~Q(state="draft") & Q(confirmed_at__isnull=False, begins_at__isnull=False)),
                name="broadcast_confirmed_unless_draft",
            ),
            models.UniqueConstraint(
                fields=["public_id"], condition=~Q(public_id=""), name="broadcast_page_once"
            ),
        ]
        indexes = [
            # the tick; the calendar
            models.Index(
                fields=["id"],
                condition=Q(state__in=["scheduled", "sending"]),
                name="broadcast_going",
            ),
            models.Index(fields=["begins_at"], name="broadcast_by_time"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/broadcasts/{self.pk}/"

    @property
    def is_draft(self) -> bool:
        """Whether it may still be changed."""
        return self.state == self.State.DRAFT

    @property
    def is_going(self) -> bool:
        """Whether more is about to leave by itself."""
        return self.state in (self.State.SCHEDULED, self.State.SENDING)

    @property
    def key_start(self) -> str:
        """What the names of all its mails in the ledger begin with."""
        return f"broadcast:{self.pk}:"

    @property
    def words(self) -> dict[str, Any]:
        """The mail in the shape of a step of a sequence, which the same code writes."""
        step = {
            "subject": self.subject,
            "preheader": self.preview,
            "body": self.body,
            "sender": self.sender_id,
            "design": self.design_id,
            "offer": self.offer_id,
        }
        return step | {"programs": self.programs} if self.programs else step

    @property
    def is_tested(self) -> bool:
        """Whether several subjects are tried on a sample first."""
        return bool(self.other_subjects)

    @property
    def subjects(self) -> list[str]:
        """All its subjects, the first one first; rows name one by its place."""
        return [self.subject, *(str(one["subject"]) for one in self.other_subjects)]

    def words_with(self, subject: int | None) -> dict[str, Any]:
        """The mail with the subject of that place; None is the first."""
        words = self.words
        if not subject:
            return words
        other = self.other_subjects[subject - 1]
        own = {"subject": other["subject"]}
        if "programs" in words:
            own["programs"] = words["programs"] | {"subject": other["program"]}
        return words | own

    @property
    def decides_at(self) -> datetime | None:
        """When the subjects are compared; None until the whole sample has left."""
        if self.sample_left_at is None:
            return None
        return self.sample_left_at + timedelta(hours=self.decide_after)


class RecipientQuerySet(models.QuerySet["Recipient"]):
    """People of an audience, asked in the words of the business."""

    def waiting(self) -> Self:
        """Whose mail was not handed to the ledger yet."""
        return self.filter(state=Recipient.State.WAITING)

    def held(self) -> Self:
        """Who waits for the subject that did better on the sample."""
        return self.filter(state=Recipient.State.HELD)

    def ahead(self) -> Self:
        """Whose mail is still to be handed over, whatever it waits for."""
        return self.filter(state__in=[Recipient.State.WAITING, Recipient.State.HELD])

    def untried(self) -> Self:
        """Whose mail the ledger has not tried to send yet."""
        return self.filter(
            state=Recipient.State.HANDED,
            delivery__state__in=UNFINISHED,
            delivery__attempts=0,
            delivery__tries=0,
        )

    def due(self, at: Any) -> Self:
        """Those of them whose time has come."""
        return self.waiting().filter(due_at__lte=at)

    def visible_to(self, user: User) -> Self:
        """Leads that the user may see."""
        return self.filter(lead__in=Lead.objects.visible_to(user).values("pk"))


class Recipient(models.Model):
    """One person of the audience of a broadcast, as it was fixed; also who was left out, and why.

    The address stands here as its keyed hash only, so that no two rows lead to one mailbox and nothing
    has to be forgotten twice.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        HELD = "held", _("Waits for the better subject")
        HANDED = "handed", _("Handed over")
        LEFT_OUT = "left_out", _("Left out")
        STOPPED = "stopped", _("Not sent")

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="recipients")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="broadcasts")
    email_hash = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=14, choices=Reason.choices, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    # which of several subjects she gets, by its place; the sample knows at once, the rest later
    subject = models.PositiveSmallIntegerField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)
    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True, blank=True, related_name="+")
    # when it was handed over, or left out
    at = models.DateTimeField(null=True, blank=True)

    objects = RecipientQuerySet.as_manager()

    class Sensitivity:
        """S0: that somebody was to be written to; the mail stands in the ledger."""

        S1 = ("detail",)
        S0 = (
            "broadcast",
            "lead",
            "email_hash",
            "state",
            "reason",
            "due_at",
            "subject",
            "is_sample",
            "delivery",
            "at",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "lead"], name="recipient_once"),
            models.UniqueConstraint(
                fields=["broadcast", "email_hash"],
                condition=Q(state__in=["waiting", "held", "handed"]) & ~Q(email_hash=""),
                name="one_mail_an_address",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(subject__isnull=True, due_at__isnull=True),
                name="held_recipient_knows_nothing_yet",
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(due_at__isnull=False),
                name="waiting_recipient_knows_when",
            ),
        ]
        indexes = [
            # the hand-over
            models.Index(
                fields=["broadcast", "due_at", "id"],
                condition=Q(state="waiting"),
                name="recipient_due",
            ),
            # letting go of the rest
            models.Index(
                fields=["broadcast", "id"], condition=Q(state="held"), name="recipient_held"
            ),
            # the rows behind a count; a lead's broadcasts
            models.Index(fields=["broadcast", "state", "reason", "-id"], name="recipient_by_state"),
            models.Index(fields=["lead", "-id"], name="recipient_of_lead"),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} of broadcast {self.broadcast_id}"

    @property
    def letter(self) -> str:
        """Which of several subjects she gets, as pages name it; empty where that is open."""
        return "" if self.subject is None else LETTERS[self.subject]

    @property
    def key(self) -> str:
        """The name of her mail in the ledger."""
        return f"broadcast:{self.broadcast_id}:lead:{self.lead_id}"


class SubjectChosen(models.Model):
    """How the comparison of a broadcast's subjects ended, once for each: the rest gets `subject`.

    Made by the tick after its hours, or by somebody who did not wait (`by`). `is_clear` says whether that
    subject did better by more than chance explains; where none did, the first goes out. `figures` are what
    it was decided by: {place: {"sent": n, "good": n}}.
    """

    broadcast = models.OneToOneField(
        Broadcast, models.CASCADE, primary_key=True, related_name="subject_chosen"
    )
    subject = models.PositiveSmallIntegerField()
    is_clear = models.BooleanField(default=False)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    is_by_hand = models.BooleanField(default=False)
    by_what = models.CharField(max_length=7, choices=Broadcast.DecideBy.choices)
    figures = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Sensitivity:
        """S1: how the business writes to people."""

        S1 = ("figures",)
        S0 = ("broadcast", "subject", "is_clear", "by", "is_by_hand", "by_what", "at")

    def __str__(self) -> str:
        return f"subject {self.subject} of broadcast {self.broadcast_id}"

"""What a person is told inside the product, and by which channels she wants to be told."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.models import Lead
from leadflow.people.models import User


class Notice(models.TextChoices):
    """The kinds of thing that one is told; each person chooses her channels for each."""

    LEAD_ASSIGNED = "lead_assigned", _("A lead becomes yours")
    HANDOVER_WAITING = "handover_waiting", _("A hand-over waits for your answer")
    RESPONSE_OVERDUE = "response_overdue", _("A first answer is overdue")
    FORM_ANSWERED = "form_answered", _("A form is answered that you watch")
    REPLY_RECEIVED = "reply_received", _("A lead of yours answers a mail")
    OWN_MAILBOX = "own_mailbox", _("Your mailbox lets LeadFlow in no more")
    ACTIVITY_DUE = "activity_due", _("A to-do of yours is due")
    TODO_GIVEN = "todo_given", _("A colleague gives you a to-do")
    MEETING_BOOKED = "meeting_booked", _("A visitor books, moves or cancels a meeting with you")
    QUOTE_ANSWERED = "quote_answered", _("A customer accepts or declines a quote of yours")
    MENTIONED = "mentioned", _("A colleague mentions you in a note")
    FOLLOWED = "followed", _("Something happens to a lead or deal that you follow")
    STEP = "step", _("A sequence or an automation tells you something")
    APPROVAL = "approval", _("Somebody needs your approval, or yours was decided")
    RUN_FINISHED = "run_finished", _("An import or export of yours is done")
    WORKSPACE = "workspace", _("Something in the workspace needs an admin")


# Those that are mailed too unless the person says otherwise; the rest stay inside.
MAILED = frozenset(
    {Notice.LEAD_ASSIGNED, Notice.HANDOVER_WAITING, Notice.RESPONSE_OVERDUE, Notice.MENTIONED}
)


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Notifications, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Her own; nobody reads those of others."""
        return self.filter(user=user)

    def unread(self) -> Self:
        """Not looked at yet."""
        return self.filter(read_at=None)


class Notification(models.Model):
    """One thing that one person is told, in a sentence; made by `services.tell`, once per key."""

    # who is told what
    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    key = models.CharField(max_length=120)
    kind = models.CharField(_("kind"), max_length=20, choices=Notice.choices)
    sentence = models.CharField(_("sentence"), max_length=300)
    url = models.CharField(max_length=300, blank=True)
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="+")

    # when
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Sensitivity:
        """S2: the sentence may name a person."""

        S2 = ("sentence",)
        S0 = ("user", "key", "kind", "url", "lead", "at", "read_at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="told_once")]
        indexes = [
            # serves the inbox
            models.Index(fields=["user", "-at"], name="notification_inbox"),
            # serves the bell
            models.Index(
                fields=["user"], condition=models.Q(read_at=None), name="notification_unread"
            ),
        ]
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.sentence


class ChannelChoice(models.Model):
    """By which channels a person wants one kind of notice; without a row the defaults hold."""

    user = models.ForeignKey(User, models.CASCADE, related_name="channel_choices")
    kind = models.CharField(_("kind"), max_length=20, choices=Notice.choices)
    inside = models.BooleanField(_("in LeadFlow"), default=True)
    mail = models.BooleanField(_("by mail"), default=False)

    class Sensitivity:
        """S0: a preference."""

        S0 = ("user", "kind", "inside", "mail")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_choice_per_kind")]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"


class Follow(models.Model):
    """That a person wants to hear of a lead, or of a record of a stage ("deal:12"), without owning it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="follows")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="follows")
    subject_ref = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField()

    class Sensitivity:
        """S0: who looks at what."""

        S0 = ("user", "lead", "subject_ref", "since")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lead=None) ^ models.Q(subject_ref=""), name="follow_of_one_thing"
            ),
            models.UniqueConstraint(
                fields=["user", "lead"],
                condition=models.Q(lead__isnull=False),
                name="lead_followed_once",
            ),
            models.UniqueConstraint(
                fields=["user", "subject_ref"],
                condition=~models.Q(subject_ref=""),
                name="record_followed_once",
            ),
        ]
        indexes = [models.Index(fields=["subject_ref"], name="follow_of_record")]

    def __str__(self) -> str:
        return f"{self.user} follows {self.subject_ref or self.lead_id}"


def default_choice(user: User, kind: str) -> ChannelChoice:
    """What holds while the person has chosen nothing."""
    return ChannelChoice(user=user, kind=kind, inside=True, mail=kind in MAILED)

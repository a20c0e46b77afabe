"""The mail ledger: every message of the product is a row before it is a byte on the wire."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.utils.translation import gettext_lazy as _

from leadflow.kit import clock
from leadflow.models import Consent, Lead, Origin
from leadflow.people.models import User


class SenderIdentity(models.Model):
    """Who a message comes from: an address whose mailbox answered a mail with a link.

    Made by `leadflow.mail.senders`. One verified row may be the default: all mail for which nobody
    chose a sender comes from it. Only a keyed hash of the link's token is stored.
    """

    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("email"), max_length=254, unique=True)
    reply_to = models.EmailField(_("replies go to"), max_length=254, blank=True)
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="identities")
    is_default = models.BooleanField(_("default"), default=False)

    # the link that proves the mailbox; gone once it was used
    token_hash = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Sensitivity:
        """S3 never leaves, S2: addresses."""

        S3 = ("token_hash",)
        S2 = ("email", "reply_to")
        S0 = (
            "name",
            "user",
            "is_default",
            "asked_at",
            "expires_at",
            "verified_at",
            "created_at",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_sender"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(verified_at__isnull=False),
                name="default_sender_is_verified",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Those to leads that she may see, also to who was merged into one, and her own that are about
        nobody; an admin sees all.

        Essential mail (resets, invitations) carries secrets: nobody but an admin opens it.
        """
        if user.is_admin:
            return self
        leads = Lead.objects.visible_to(user, "mail.read").values("id")
        merged = Lead.objects.filter(merged_into__in=leads).values("id")
        hers = Q(by=user, lead=None) | Q(lead_id__in=leads) | Q(lead_id__in=merged)
        return self.exclude(kind=Delivery.Kind.ESSENTIAL).filter(hers)

    def uncertain(self) -> Self:
        """Lost between the last byte and the server's answer; a person decides."""
        return self.filter(state=Delivery.State.UNCERTAIN)

    def held(self) -> Self:
        """Too long past their time to go without a person's word."""
        return self.exclude(held_at=None).filter(state=Delivery.State.PLANNED, held_for="")

    def unfinished(self) -> Self:
        """Not yet in a final state."""
        return self.filter(state__in=UNFINISHED)

    def counted(self) -> Self:
        """Accepted by the next server: what reports, caps and limits count as sent."""
        return self.filter(state__in=COUNTED)


class Delivery(models.Model):
    """One message to one address; made by `leadflow.mail.services.queue`, moved by the ledger alone."""

    class Kind(models.TextChoices):
        """Marketing and personal mail goes at most once, essential mail and notices at least once."""

        MARKETING = "marketing", _("Marketing")
        ESSENTIAL = "essential", _("Essential")
        PERSONAL = "personal", _("Personal")
        NOTICE = "notice", _("Notice")

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        QUEUED = "queued", _("Waiting")
        CLAIMED = "claimed", _("Taken up")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        BOUNCED = "bounced", _("Bounced")
        COMPLAINED = "complained", _("Complained")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Not sent")
        UNCERTAIN = "uncertain", _("Uncertain")

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key = models.TextField(unique=True)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    purpose = models.CharField(max_length=60, blank=True)

    # to whom; the lead may be erased, the count stays
    to_address = models.CharField(max_length=254)
    to_norm = models.CharField(max_length=254)
    to_hash = models.CharField(max_length=64)
    to_name = models.CharField(max_length=200, blank=True)
    # no index of their own for lead and key: one below and that of the constraint begin with them
    lead = models.ForeignKey(
        Lead, models.DO_NOTHING, null=True, blank=True, db_constraint=False, db_index=False,
        related_name="+",
    )  # fmt: skip

    # from whom
    identity = models.ForeignKey(SenderIdentity, models.SET_NULL, null=True, blank=True)
    from_name = models.CharField(max_length=120, blank=True)
    from_address = models.CharField(max_length=254)
    reply_to = models.CharField(max_length=254, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    # what
    subject = models.CharField(max_length=500)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict, blank=True)
    calendar = models.TextField(blank=True)  # a calendar file (.ics) that goes along
    is_tracked = models.BooleanField(default=False)
    # whether a picture counts opens, if it is tracked at all; unknown: as the organisation wants it
    counts_opens = models.BooleanField(null=True, blank=True)

    # where it stands; `due_at` is business time, all others are the database's clock
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField()
    not_before = models.DateTimeField()
    held_at = models.DateTimeField(null=True, blank=True)
    # the name of the `MailHold` that keeps it; empty where it waits for a person, for it is too late
    held_for = models.CharField(max_length=80, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    via = models.CharField(
        max_length=40, blank=True
    )  # the way out asked for; empty: as settings say
    transport = models.CharField(max_length=40, blank=True)  # the way that it took
    smtp_code = models.PositiveSmallIntegerField(null=True, blank=True)
    smtp_text = models.CharField(max_length=500, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    errors = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeliveryQuerySet.as_manager()

    class Sensitivity:
        """S2: who was written to, and what."""

        S2 = (
            "to_address",
            "to_norm",
            "to_name",
            "subject",
            "text",
            "html",
            "headers",
            "calendar",
            "smtp_text",
            "from_name",
            "from_address",
            "reply_to",
        )
        S3 = ("token",)
        S0 = (
            "public_id",
            "key",
            "kind",
            "purpose",
            "to_hash",
            "lead",
            "identity",
            "by",
            "origin",
            "is_tracked",
            "counts_opens",
            "state",
            "reason",
            "due_at",
            "not_before",
            "held_at",
            "held_for",
            "released_at",
            "cancelled_at",
            "lease_until",
            "began_at",
            "sent_at",
            "settled_at",
            "via",
            "transport",
            "smtp_code",
            "tries",
            "attempts",
            "errors",
            "created_at",
        )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            # the claim, the promotion and the expiry read only the few rows that are under way
            models.Index(
                ExpressionWrapper(Q(kind="marketing"), output_field=models.BooleanField()),
                "not_before",
                "id",
                condition=Q(state="queued"),
                name="delivery_next",
            ),
            models.Index(
                fields=["not_before"], condition=Q(state="planned"), name="delivery_planned"
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["claimed", "sending"]),
                name="delivery_leased",
            ),
            models.Index(fields=["-id"], condition=Q(state="uncertain"), name="delivery_uncertain"),
            # what goes on when a pause ends
            models.Index(fields=["held_for"], condition=~Q(held_for=""), name="delivery_held_for"),
            # the guard rails: what came back of a sender's marketing, and what it sent
            models.Index(
                fields=["settled_at"],
                condition=Q(kind="marketing", state__in=["bounced", "complained", "failed"]),
                name="delivery_came_back",
            ),
            models.Index(
                fields=["from_address", "settled_at"],
                condition=Q(kind="marketing", settled_at__isnull=False),
                name="delivery_of_sender",
            ),
            # limits of pace: what was begun within a span
            models.Index(
                fields=["began_at"], condition=Q(began_at__isnull=False), name="delivery_begun"
            ),
            # a lead's messages, the outbox, the caps
            models.Index(fields=["lead", "-id"], name="delivery_of_lead"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["to_norm", "-sent_at"], name="delivery_to_address"),
            # who got marketing mail in a time, over everybody
            models.Index(
                fields=["due_at", "lead"],
                condition=Q(kind="marketing", lead__isnull=False),
                name="delivery_marketing_time",
            ),
            # keys are asked by their beginning (all deliveries of one broadcast, of one enrolment):
            # Django makes the index for that with the constraint of a text
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to_address}"

    def get_absolute_url(self) -> str:
        return f"/outbox/{self.pk}/"

    @property
    def message_id(self) -> str:
        """The same on every attempt, so mailboxes and logs collapse a repetition on it."""
        return f"<d-{self.public_id}@{self.from_address.rpartition('@')[2]}>"

    @property
    def is_paused(self) -> bool:
        """Whether somebody's pause keeps it."""
        return self.state == self.State.PLANNED and self.held_for != ""

    @property
    def left_at(self) -> datetime | None:
        """When it was sent, by the clock of the business as `due_at` is; `sent_at` is the database's."""
        if self.sent_at is None or self.sent_at == self.due_at:
            return self.sent_at
        return clock.to_business(self.sent_at)

    @property
    def stays_here(self) -> bool:
        """Whether the message was, or will be, put into the local outbox instead of the wire."""
        return self.transport == OUTBOX or self.origin == Origin.DEMO


OUTBOX, SMTP = "outbox", "smtp"
UNFINISHED = (
    Delivery.State.PLANNED,
    Delivery.State.QUEUED,
    Delivery.State.CLAIMED,
    Delivery.State.SENDING,
)
COUNTED = (
    Delivery.State.SENT,
    Delivery.State.DELIVERED,
    Delivery.State.BOUNCED,
    Delivery.State.COMPLAINED,
)
AT_LEAST_ONCE = (Delivery.Kind.ESSENTIAL, Delivery.Kind.NOTICE)


class Attempt(models.Model):
    """One try to hand a message over, begun before its first byte; made and closed by the ledger."""

    class Phase(models.TextChoices):
        BEGUN = "begun", _("begun")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        DEFERRED = "deferred", _("deferred")
        LOST = "lost", _("answer lost")

    # the constraint begins with it: no index of its own
    delivery = models.ForeignKey(
        Delivery, models.CASCADE, related_name="tries_made", db_index=False
    )
    no = models.PositiveSmallIntegerField()
    phase = models.CharField(max_length=8, choices=Phase.choices, default=Phase.BEGUN)
    message_id = models.CharField(max_length=200)
    transport = models.CharField(max_length=40)
    code = models.PositiveSmallIntegerField(null=True, blank=True)
    text = models.CharField(max_length=500, blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "no"], name="attempt_once")]
        ordering = ["no"]

    def __str__(self) -> str:
        return f"{self.no}: {self.phase}"

    @property
    def tried_at(self) -> datetime:
        """When it began, by the clock of the business."""
        return clock.to_business(self.began_at)


class Transport(models.Model):
    """The circuit breaker of one way out: while it is open nobody claims mail for it."""

    name = models.CharField(max_length=40, unique=True)
    open_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name

    def is_open(self, at: datetime) -> bool:
        """Whether mail waits because the server was not reached."""
        return self.open_until is not None and self.open_until > at


class TrackedLink(models.Model):
    """A target that a tracked link leads to. Only what is stored here is ever redirected to."""

    url = models.TextField()
    url_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.url


class Confirmation(models.Model):
    """One mail that asks a person to confirm her consent; made by `leadflow.mail.confirming`.

    Only a keyed hash of its link is stored. Answering one mail answers all that ask for the same consent.
    """

    consent = models.ForeignKey(Consent, models.CASCADE, related_name="confirmations")
    number = models.PositiveSmallIntegerField()  # 1 asks, 2 and 3 remind
    token_hash = models.CharField(max_length=64, unique=True)
    email_norm = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Sensitivity:
        """S3: what a link is known by; S2: whom it went to."""

        S3 = ("token_hash",)
        S2 = ("email_norm",)
        S0 = ("consent", "number", "asked_at", "expires_at", "used_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consent", "number"], name="confirmation_once")
        ]
        indexes = [
            # whom to remind
            models.Index(
                fields=["asked_at"], condition=Q(used_at=None), name="confirmation_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.consent_id}"

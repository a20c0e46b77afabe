"""What came in: the mailboxes that are read, and every message of them with what became of it."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leadflow.mail.models.outgoing import Delivery
from leadflow.models import Campaign, Lead, Origin, Source, Tag
from leadflow.people.access import allowed
from leadflow.people.models import User


class Mailbox(models.Model):
    """An address whose mail comes in here: LeadFlow looks into it, or a provider hands its mail over.

    Made by an admin through `leadflow.mail.mailboxes`. The cursor (`uid_validity`, `last_uid`) moves in
    the transaction that keeps the message, so a killed poll neither loses nor doubles one.
    """

    class Kind(models.TextChoices):
        IMAP = "imap", _("IMAP: LeadFlow looks into the mailbox")
        POSTMARK = "postmark", _("Postmark hands it over")
        MAILGUN = "mailgun", _("Mailgun hands it over")
        SENDGRID = "sendgrid", _("SendGrid hands it over")

    class Security(models.TextChoices):
        TLS = "tls", _("TLS (port 993)")
        STARTTLS = "starttls", _("STARTTLS (port 143)")
        NONE = "none", _("None: only inside your own network")

    kind = models.CharField(_("how it comes"), max_length=8, choices=Kind.choices)
    address = models.EmailField(_("address"), max_length=254, unique=True)

    # how it is reached; the secret is the IMAP password, or what the provider signs with
    host = models.CharField(_("server"), max_length=253, blank=True)
    port = models.PositiveIntegerField(_("port"), default=993)
    security = models.CharField(
        _("encryption"), max_length=8, choices=Security.choices, default=Security.TLS
    )
    username = models.CharField(_("user name"), max_length=254, blank=True)
    secret = models.TextField(blank=True)
    folder = models.CharField(_("folder"), max_length=200, default="INBOX")
    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    code = models.CharField(max_length=40, unique=True)

    # what mail to it does
    makes_leads = models.BooleanField(_("mail of strangers makes leads"), default=True)
    knows_plus_addresses = models.BooleanField(_("its server knows plus-addresses"), default=False)
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+")
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, blank=True, related_name="+")
    tags = models.ManyToManyField(Tag, blank=True, related_name="+")
    from_start = models.BooleanField(_("also what lies there already"), default=False)
    is_paused = models.BooleanField(_("paused"), default=False)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    # where the reading stands; all times but `polled_at` are the database's clock
    uid_validity = models.BigIntegerField(null=True, blank=True)
    last_uid = models.BigIntegerField(default=0)
    polled_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    failures = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Sensitivity:
        """S3 never leaves; S2: whose mailbox it is."""

        S3 = ("secret", "code", "token")
        S2 = ("address", "username")
        S0 = (
            "kind",
            "host",
            "port",
            "security",
            "folder",
            "owner",
            "makes_leads",
            "knows_plus_addresses",
            "source",
            "campaign",
            "tags",
            "from_start",
            "is_paused",
            "origin",
            "uid_validity",
            "last_uid",
            "polled_at",
            "error",
            "failures",
            "due_at",
            "lease_until",
            "created_at",
        )

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["address"]
        indexes = [
            # which mailbox is looked into next
            models.Index(
                fields=["due_at"], condition=Q(kind="imap", is_paused=False), name="mailbox_due"
            )
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def is_polled(self) -> bool:
        """Whether LeadFlow looks into it; else a provider calls."""
        return self.kind == self.Kind.IMAP


class InboundMailQuerySet(models.QuerySet["InboundMail"]):
    """Received mail, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """That of leads that she may see; what belongs to nobody yet is for those who decide on it."""
        leads = Lead.objects.visible_to(user, "inbound.view").values("id")
        wanted = Q(lead_id__in=leads)
        return self.filter(wanted | Q(lead=None) if allowed(user, "inbound.decide") else wanted)


class InboundMail(models.Model):
    """One message that came in; made by `leadflow.mail.inbound` for each one, whatever becomes of it.

    The raw message is not kept: some headers, the text, the cleaned HTML, and what was attached by name.
    """

    class Kind(models.TextChoices):
        LETTER = "letter", _("Letter")
        REPLY = "reply", _("Reply")
        AUTOMATIC = "automatic", _("Automatic")
        BOUNCE = "bounce", _("Bounce")
        COMPLAINT = "complaint", _("Complaint")
        COPY = "copy", _("Copy of mail of ours")

    class Meaning(models.TextChoices):
        """What an answer means: suggested by rules, corrected by a person."""

        INTERESTED = "interested", _("Interested")
        QUESTION = "question", _("Question")
        NOT_NOW = "not_now", _("Not now")
        NO = "no", _("No")
        WRONG_PERSON = "wrong_person", _("Wrong person")

    class State(models.TextChoices):
        RECEIVED = "received", _("Being read")
        FILED = "filed", _("At its lead")
        HELD = "held", _("Waits for you")
        NOTED = "noted", _("Noted")
        IGNORED = "ignored", _("Ignored")

    mailbox = models.ForeignKey(Mailbox, models.SET_NULL, null=True, related_name="mails")
    message_id = models.CharField(max_length=255)
    event_key = models.CharField(max_length=200, blank=True)
    uid = models.BigIntegerField(null=True, blank=True)

    # who wrote, and what
    from_address = models.CharField(max_length=254, blank=True)
    from_norm = models.CharField(max_length=254, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    headers = models.JSONField(default=dict, blank=True)
    text = models.TextField(blank=True)
    said = models.TextField(blank=True)
    html = models.TextField(blank=True)
    attachments = models.JSONField(default=list, blank=True)
    size = models.BigIntegerField(default=0)
    in_reply_to = models.CharField(max_length=255, blank=True)

    # what became of it
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.LETTER)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RECEIVED)
    reason = models.CharField(max_length=300, blank=True)
    meaning = models.CharField(_("means"), max_length=12, choices=Meaning.choices, blank=True)
    meaning_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    back_on = models.DateField(_("back on"), null=True, blank=True)
    lead = models.ForeignKey(
        Lead, models.DO_NOTHING, null=True, blank=True, db_constraint=False, related_name="+"
    )
    delivery = models.ForeignKey(
        Delivery, models.SET_NULL, null=True, blank=True, related_name="answers"
    )
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    sent_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()

    objects = InboundMailQuerySet.as_manager()

    class Sensitivity:
        """S2: who wrote, and what."""

        S2 = (
            "from_address",
            "from_norm",
            "from_name",
            "subject",
            "headers",
            "text",
            "said",
            "html",
            "attachments",
            "message_id",
            "in_reply_to",
        )
        S0 = (
            "mailbox",
            "event_key",
            "uid",
            "size",
            "kind",
            "state",
            "reason",
            "meaning",
            "meaning_by",
            "back_on",
            "lead",
            "delivery",
            "decided_by",
            "origin",
            "sent_at",
            "received_at",
        )

    class Meta:
        verbose_name = _("received mail")
        verbose_name_plural = _("received mails")
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "message_id"], name="inbound_mail_once"),
            # a provider's call that is repeated, or replayed with other words
            models.UniqueConstraint(
                fields=["mailbox", "event_key"],
                condition=~Q(event_key=""),
                name="inbound_call_once",
            ),
        ]
        indexes = [
            # the log by state; a lead's mail; how many an address wrote within the hour
            models.Index(fields=["state", "-id"], name="inbound_by_state"),
            models.Index(fields=["lead", "-id"], name="inbound_of_lead"),
            # mail of leads in a window (missed opportunities)
            models.Index(
                fields=["received_at"], condition=Q(lead__isnull=False), name="inbound_in_time"
            ),
            models.Index(fields=["from_norm", "-received_at"], name="inbound_by_sender"),
        ]

    def __str__(self) -> str:
        return self.subject or self.from_address

    def get_absolute_url(self) -> str:
        return f"/received/{self.pk}/"

    @property
    def is_of_a_person(self) -> bool:
        """Whether somebody wrote it to us, so that it means something."""
        return self.kind in (self.Kind.REPLY, self.Kind.LETTER)

    @property
    def can_become_lead(self) -> bool:
        """Whether a person may still make a lead of it."""
        waits = (self.State.HELD, self.State.NOTED, self.State.IGNORED)
        return self.lead_id is None and bool(self.from_norm) and self.state in waits

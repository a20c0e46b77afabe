"""A colleague's own mailbox: her mail leaves through it, and answers in it are read."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leadflow.kit.ids import token
from leadflow.mail.models.incoming import Mailbox
from leadflow.mail.models.outgoing import Delivery
from leadflow.people.models import User


class OwnMailbox(models.Model):
    """How one colleague's mail leaves and is read; made by herself through `leadflow.mail.own`.

    Her INBOX is looked into as a `Mailbox` of hers, of which only mail that concerns leads is kept.
    """

    class SignIn(models.TextChoices):
        PASSWORD = "password", _("Password")
        OAUTH = "oauth", _("At the provider")

    user = models.OneToOneField(User, models.CASCADE, related_name="own_mailbox")
    mailbox = models.OneToOneField(Mailbox, models.CASCADE, related_name="own")
    preset = models.CharField(max_length=12, default="other")

    # what stands on her mail
    address = models.EmailField(_("address"), max_length=254)
    name = models.CharField(_("name"), max_length=120, blank=True)
    signature = models.TextField(_("signature"), blank=True)

    # how she signs in; the secret is a password, or what a new token is asked with
    sign_in = models.CharField(max_length=8, choices=SignIn.choices, default=SignIn.PASSWORD)
    username = models.CharField(_("user name"), max_length=254)
    secret = models.TextField(blank=True)
    access = models.TextField(blank=True)
    access_until = models.DateTimeField(null=True, blank=True)

    # how mail leaves, and where its copies lie
    smtp_host = models.CharField(_("outgoing server"), max_length=253)
    smtp_port = models.PositiveIntegerField(_("port"), default=465)
    smtp_security = models.CharField(
        _("encryption"), max_length=8, choices=Mailbox.Security.choices, default="tls"
    )
    sent_folder = models.CharField(_("folder of sent mail"), max_length=200, default="Sent")
    keeps_sent = models.BooleanField(_("the provider keeps copies itself"), default=False)

    # how it stands
    error = models.CharField(max_length=500, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Sensitivity:
        """S3 never leaves; S2: whose mailbox it is."""

        S3 = ("secret", "access")
        S2 = ("address", "username", "name", "signature")
        S0 = (
            "user", "mailbox", "preset", "sign_in", "access_until", "smtp_host", "smtp_port",
            "smtp_security", "sent_folder", "keeps_sent", "error", "failed_at", "checked_at",
            "created_at",
        )  # fmt: skip

    class Meta:
        verbose_name = _("own mailbox")
        verbose_name_plural = _("own mailboxes")

    def __str__(self) -> str:
        return self.address

    @property
    def via(self) -> str:
        """The name of the way out that its mail goes by."""
        return f"own:{self.pk}"


class SentCopy(models.Model):
    """The copy of a message in its writer's Sent folder. The row is made before the copy is tried, so
    there is never a second one; what happened to a copy that stays `trying` nobody knows."""

    class State(models.TextChoices):
        TRYING = "trying", _("Being kept")
        KEPT = "kept", _("Kept")
        FAILED = "failed", _("Not kept")

    delivery = models.OneToOneField(Delivery, models.CASCADE, related_name="copy")
    own = models.ForeignKey(OwnMailbox, models.CASCADE, related_name="copies")
    state = models.CharField(max_length=6, choices=State.choices, default=State.TRYING)
    error = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Sensitivity:
        """S0: that a copy was kept."""

        S0 = ("delivery", "own", "state", "error", "at")

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.state}"


class BlindCopyAddress(models.Model):
    """The address to which a colleague copies what she writes elsewhere: its code is hers alone."""

    user = models.OneToOneField(User, models.CASCADE, related_name="blind_copies")
    code = models.CharField(max_length=40, unique=True, default=token)
    created_at = models.DateTimeField(auto_now_add=True)

    class Sensitivity:
        """S3 never leaves."""

        S3 = ("code",)
        S0 = ("user", "created_at")

    def __str__(self) -> str:
        return f"copies of {self.user_id}"

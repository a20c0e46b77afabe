"""What marketing mail looks like: designs of blocks, groups of blocks that the team shares, the brand."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.blocks.models import Document, DocumentVersion
from leadflow.models import Origin
from leadflow.models.organisation import hex_colour
from leadflow.people.access import allowed
from leadflow.people.models import User


class MailDesignQuerySet(models.QuerySet["MailDesign"]):
    """Designs, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """All of them, for whoever may see sequences."""
        return self if allowed(user, "sequence.view") else self.none()

    def living(self) -> Self:
        """Those that are not put away."""
        return self.filter(archived_at=None)


class MailDesign(Document):
    """A mail made of blocks; marketers make them, steps of sequences and broadcasts use one.

    What is sent is the version that was published last, as it was when the step or the broadcast took
    it over: its programs are copied there.
    """

    block_set = "mail"

    name = models.CharField(_("name"), max_length=120)
    live = models.ForeignKey(
        "MailDesignVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = MailDesignQuerySet.as_manager()

    class Sensitivity:
        """S1: how the business writes to people."""

        S1 = ("name", "draft")
        S0 = (
            "draft_revision",
            "draft_saved_at",
            "draft_saved_by",
            "live",
            "origin",
            "created_at",
            "created_by",
            "archived_at",
        )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/mail-designs/{self.pk}/"

    @property
    def subject(self) -> str:
        """What its draft proposes as the subject."""
        return str(self.draft.get("settings", {}).get("subject", ""))


class MailDesignVersion(DocumentVersion):
    """One published state of a design, with the programs that its blocks became."""

    document = models.ForeignKey(MailDesign, models.CASCADE, related_name="versions")
    programs = models.JSONField(default=dict)

    class Sensitivity:
        """S1: how the business writes to people."""

        S1 = ("content", "note", "programs")
        S0 = ("document", "number", "published_at", "published_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="mail_design_version_once")
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"


class MailSnippetQuerySet(models.QuerySet["MailSnippet"]):
    """Snippets."""

    def visible_to(self, user: User) -> Self:
        """All of them, for whoever may see sequences."""
        return self if allowed(user, "sequence.view") else self.none()


class MailSnippet(models.Model):
    """Some blocks under one name, which anybody of the team puts into a design; a copy, no link."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    blocks = models.JSONField(default=list)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = MailSnippetQuerySet.as_manager()

    class Sensitivity:
        """S1: how the business writes to people."""

        S1 = ("name", "blocks")
        S0 = ("created_at", "created_by")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class MailBrand(models.Model):
    """How every designed mail looks: logo, colour, letters, the words and links at its foot. One row, id 1."""

    class Font(models.TextChoices):
        SANS = "sans", _("Plain")
        SERIF = "serif", _("Book")
        ROUND = "round", _("Round")

    logo = models.CharField(_("logo"), max_length=32, blank=True)  # public id of a picture
    site_url = models.URLField(_("your website"), max_length=300, blank=True)
    colour = models.CharField(_("colour"), max_length=7, blank=True, validators=[hex_colour])
    font = models.CharField(_("letters"), max_length=5, choices=Font.choices, default=Font.SANS)
    footer = models.CharField(_("words at the foot"), max_length=500, blank=True)
    socials = models.JSONField(default=dict, blank=True)  # network -> address

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_mail_brand"),
        ]

    def __str__(self) -> str:
        return "mail brand"

    @classmethod
    def current(cls) -> "MailBrand":
        """The brand kit, as it is or as it begins."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def social_links(self) -> list[tuple[str, str]]:
        """(network, address) of those that were filled in, in the order of the settings."""
        given: dict[str, Any] = self.socials or {}
        return [(name, str(given[name])) for name in NETWORKS if given.get(name)]


NETWORKS = ("LinkedIn", "Instagram", "Facebook", "YouTube", "X", "Mastodon", "GitHub")

"""Files that are given away for an address: one link for life, the content replaced under it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.assets.models.content import ContentItem
from leadflow.kit.ids import code, token
from leadflow.models import Lead, Origin
from leadflow.people.models import User


class File(models.Model):
    """A guide, sheet or deck that people get for their address.

    Links and forms name the file; what they download is its newest version. `downloads` counts every
    download, also of people who were erased since.
    """

    public_id = models.CharField(max_length=16, unique=True, default=code, editable=False)
    name = models.CharField(_("name"), max_length=120, help_text=_("People read it on the page."))
    topic = models.CharField(
        _("topic"),
        max_length=80,
        blank=True,
        help_text=_("Rules can ask for downloads about it."),
    )
    points = models.PositiveSmallIntegerField(
        _("points"),
        default=0,
        help_text=_("What a download is worth; a score rule reads it as the value."),
    )
    item = models.ForeignKey(
        ContentItem,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="files",
        verbose_name=_("content item"),
        help_text=_("What the library calls it, with its buyer stage."),
    )
    live = models.ForeignKey("FileVersion", models.PROTECT, null=True, blank=True, related_name="+")
    downloads = models.PositiveIntegerField(default=0, editable=False)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/files/{self.pk}/"


class FileVersion(models.Model):
    """One state of a file as it was uploaded: its bytes lie under a random name, never changed."""

    file = models.ForeignKey(File, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    original = models.CharField(max_length=200)
    kind = models.CharField(max_length=5)
    path = models.CharField(max_length=80, unique=True)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="file_version_once")]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.file_id} v{self.number}"


class Grant(models.Model):
    """One person may download one file: what stands behind her link. Asking twice gives one row."""

    public_id = models.CharField(max_length=22, unique=True, default=token, editable=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="grants")
    lead = models.ForeignKey(Lead, models.SET_NULL, null=True, blank=True, related_name="+")
    key = models.CharField(max_length=120, unique=True)
    days = models.PositiveSmallIntegerField(default=30)
    given_at = models.DateTimeField()
    downloads = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Sensitivity:
        """S3: who knows the id holds half of a link."""

        S3 = ("public_id",)
        S0 = ("file", "lead", "key", "days", "given_at", "downloads", "last_at", "origin")

    class Meta:
        # who got a file, newest first
        indexes = [models.Index(fields=["file", "-given_at"], name="grants_of_file")]

    def __str__(self) -> str:
        return self.key

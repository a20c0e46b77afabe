"""A file that came in, what became of each of its lines, and mappings kept for the next file."""

from pathlib import Path
from typing import Self

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Origin
from leadflow.people.access import within
from leadflow.people.models import Team, User
from leadflow.runs.models import Run


def storage() -> FileSystemStorage:
    """Uploads lie outside the media folder: nothing serves them."""
    return FileSystemStorage(location=Path(settings.VAR_DIR) / "imports", base_url=None)


class ImportQuerySet(models.QuerySet["Import"]):
    """Imports, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Those that the user's role and teams open to her."""
        return self.filter(within(user, "import.run", owner="by"))


class Import(models.Model):
    """One file on its way in: uploaded, mapped, checked, worked through.

    Made by the wizard or by `leadflow import`. The file itself is dropped once all of its lines are in
    the ledger.
    """

    class State(models.TextChoices):
        """How far it is."""

        DRAFT = "draft", _("Not started")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        UNDOING = "undoing", _("Being taken back")
        UNDONE = "undone", _("Taken back")

    # the file
    entity = models.CharField(max_length=40)
    file = models.FileField(storage=storage, upload_to="%Y/%m", max_length=250, blank=True)
    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=5, default="text")  # text, xlsx or vcard, before it was text
    sheets = models.JSONField(default=list)  # of a workbook
    sheet = models.CharField(max_length=100, blank=True)
    original = models.FileField(
        storage=storage, upload_to="%Y/%m", max_length=250, blank=True
    )  # the workbook, while another sheet of it may be chosen
    encoding = models.CharField(max_length=12)
    delimiter = models.CharField(max_length=1)
    heading = models.PositiveIntegerField(
        default=1
    )  # the line that names the columns; 0: none does
    headers = models.JSONField(default=list)

    # what was decided
    mapping = models.JSONField(default=dict)  # column number -> field
    constants = models.JSONField(default=dict)  # field -> the same value for each line
    values = models.JSONField(default=dict)  # field -> {as in the file: as meant}
    choices = models.JSONField(default=dict)

    # what became of it
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    lines = models.PositiveIntegerField(null=True)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)  # lines that could not be taken back
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Sensitivity:
        """S2 where the file's own words stand, S0 the rest."""

        S2 = ("file", "original", "values", "constants")
        S1 = ("file_name", "headers", "sheets", "sheet")
        S0 = (
            "entity",
            "kind",
            "heading",
            "file_hash",
            "encoding",
            "delimiter",
            "mapping",
            "choices",
            "state",
            "lines",
            "created",
            "updated",
            "unchanged",
            "skipped",
            "failed",
            "run",
            "by",
            "team",
            "created_at",
            "started_at",
            "finished_at",
            "undone_at",
            "kept",
            "origin",
        )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["file_hash"], name="import_same_file")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def counted(self) -> int:
        """Lines that were dealt with; equals `lines` when it is done."""
        return self.created + self.updated + self.unchanged + self.skipped + self.failed

    @property
    def undone(self) -> int:
        """Lines whose work was taken back."""
        return self.created + self.updated - self.kept


class ImportRow(models.Model):
    """One data line of a file, and what became of it; written together with the record it made."""

    class State(models.TextChoices):
        """What became of it; the values are those of `Outcome`."""

        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        UNCHANGED = "unchanged", _("Unchanged")
        SKIPPED = "skipped", _("Skipped")
        FAILED = "failed", _("Rejected")

    class Undone(models.TextChoices):
        """What became of it when the import was taken back; empty before."""

        DONE = "done", _("Taken back")
        KEPT = "kept", _("Kept")

    imported = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    line_no = models.PositiveIntegerField()
    raw = models.JSONField()
    state = models.CharField(max_length=9, choices=State.choices)
    reason = models.TextField(blank=True)
    object_id = models.BigIntegerField(null=True)
    undo = models.JSONField(default=dict)  # what the record was before, where it was changed
    undone = models.CharField(max_length=4, choices=Undone.choices, blank=True, default="")

    class Sensitivity:
        """S2: the line as it stood in the file."""

        S2 = ("raw", "reason", "undo")
        S0 = ("imported", "line_no", "state", "object_id", "undone")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["imported", "line_no"], name="import_line_once")
        ]
        indexes = [
            # a page of the rejected; the lines that made a record
            models.Index(
                fields=["imported", "line_no"], condition=Q(state="failed"), name="import_rejected"
            ),
            models.Index(fields=["object_id"], name="import_of_object"),
        ]

    def __str__(self) -> str:
        return f"line {self.line_no}"


class SavedMapping(models.Model):
    """How the columns of such a file were understood, and which words in it mean which."""

    entity = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=120)
    columns = models.JSONField(default=dict)  # header -> field
    values = models.JSONField(default=dict)
    choices = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Sensitivity:
        """S1: the organisation's own words."""

        S1 = ("columns", "values", "choices")
        S0 = ("entity", "name", "by", "created_at")

    class Meta:
        ordering = ["entity", "name"]
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="mapping_name_once")]

    def __str__(self) -> str:
        return self.name

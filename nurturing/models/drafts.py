"""What the builder can take back."""

from typing import Any, Self

from django.db import models

from leadflow.people.models import User
from nurturing.models.sequences import Sequence


class DraftEditQuerySet(models.QuerySet["DraftEdit"]):
    """Edits of drafts, asked in the words of the builder."""

    def to_undo(self, sequence: Sequence) -> "DraftEdit | None":
        """The edit that Undo takes back."""
        return self.filter(sequence=sequence, is_undone=False).order_by("-pk").first()

    def to_redo(self, sequence: Sequence) -> "DraftEdit | None":
        """The edit that Redo does once more."""
        return self.filter(sequence=sequence, is_undone=True).order_by("pk").first()

    def of(self, sequence: Sequence) -> Self:
        """All that can be taken back or done again."""
        return self.filter(sequence=sequence)


class DraftEdit(models.Model):
    """One edit of the draft of a sequence, with the document on its other side: as it was before the
    edit, or, once it was undone, as it was after. Publishing or discarding the draft forgets them.
    """

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="draft_edits")
    document: "models.JSONField[Any, Any]" = models.JSONField()
    # what was edited: keystrokes in one step within a minute are one edit
    about = models.CharField(max_length=60, blank=True)
    is_undone = models.BooleanField(default=False)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = DraftEditQuerySet.as_manager()

    class Sensitivity:
        """S1: how the business writes to people."""

        S1 = ("document",)
        S0 = ("sequence", "about", "is_undone", "at", "by")

    class Meta:
        # the builder: the last edit of a sequence, and the first that was undone
        indexes = [models.Index(fields=["sequence", "is_undone", "-id"], name="draft_edit_latest")]

    def __str__(self) -> str:
        return f"edit {self.pk} of sequence {self.sequence_id}"


class CopiedSteps(models.Model):
    """What somebody copied or cut last while building, to be put in elsewhere: steps one behind the
    other with all that they hold, from whichever sequence. Each colleague has one.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    steps: "models.JSONField[Any, Any]" = models.JSONField()
    name = models.CharField(max_length=80)  # what the first of them is called
    at = models.DateTimeField()

    class Sensitivity:
        """S1: how the business writes to people."""

        S1 = ("steps", "name")
        S0 = ("user", "at")

    def __str__(self) -> str:
        return f"{len(self.steps)} steps of user {self.user_id}"

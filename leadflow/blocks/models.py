"""The two abstract tables of every block document: the thing people edit, and its frozen versions.

A stage makes them concrete:

    class Form(Document):
        block_set = "form"
        live = models.ForeignKey("FormVersion", models.PROTECT, null=True, related_name="+")

    class FormVersion(DocumentVersion):
        document = models.ForeignKey(Form, models.CASCADE, related_name="versions")
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models

from leadflow.blocks import documents
from leadflow.blocks.registry import block_set_of
from leadflow.blocks.schema import BlockSet

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


def empty_document() -> documents.Content:
    """The draft of a document that nobody edited yet."""
    return documents.empty()


class Document(models.Model):
    """Something made of blocks: one draft that people edit, any number of published versions.

    `draft_revision` grows by one with each save, so that two editors cannot overwrite each other.
    """

    block_set: ClassVar[str]

    draft = models.JSONField(default=empty_document)
    draft_revision = models.PositiveIntegerField(default=0)
    draft_saved_at = models.DateTimeField(null=True, blank=True)
    draft_saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    if TYPE_CHECKING:
        versions: RelatedManager[Any]
        live: Any
        live_id: int | None

    class Meta:
        abstract = True

    def blocks(self) -> BlockSet:
        """The block set that this kind of document is made of."""
        return block_set_of(self)

    @property
    def has_unpublished_changes(self) -> bool:
        """Whether the draft differs from what visitors see. Loads the live version."""
        return self.live is None or self.live.content != self.draft


class DocumentVersion(models.Model):
    """One published state of a document; never changed, so a decision can name it for ever."""

    number = models.PositiveIntegerField()
    content = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True
        ordering = ["-number"]

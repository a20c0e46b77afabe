"""Files that visitors send with a form."""

from django.db import models
from django.db.models import Q

from leadflow.kit.ids import token


class Upload(models.Model):
    """A file that somebody outside sent; checked, kept as it came, given to staff as a download only.

    It waits for the answer that it belongs to (`holder_type`, `holder_id`); what nobody claims within
    a day is dropped. Who knows `public_id` may name it in an answer, once.
    """

    public_id = models.CharField(max_length=22, unique=True, default=token, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=5)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()

    # what it belongs to
    holder_type = models.CharField(max_length=40, blank=True)
    holder_id = models.BigIntegerField(null=True, blank=True)
    label = models.CharField(max_length=200, blank=True)

    class Sensitivity:
        """S2: what a person sent."""

        S2 = ("name", "digest")
        S3 = ("public_id",)
        S0 = ("kind", "size", "uploaded_at", "holder_type", "holder_id", "label")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(holder_type="", holder_id__isnull=True)
                | (~Q(holder_type="") & Q(holder_id__isnull=False)),
                name="upload_held_whole",
            )
        ]
        indexes = [
            # the files of an answer
            models.Index(fields=["holder_type", "holder_id"], name="uploads_of_holder"),
            # the sweep of what nobody claimed
            models.Index(
                fields=["uploaded_at"], condition=Q(holder_type=""), name="uploads_unclaimed"
            ),
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Where it lies below the folder of files; its own name plays no part."""
        return f"uploads/{self.pk % 1000:03}/{self.pk}"

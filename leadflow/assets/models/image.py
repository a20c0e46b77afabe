"""Pictures: taken in once, kept in a few widths, shown without a jump."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.kit.ids import code


def image_code() -> str:
    """Sixteen signs: the names of files are not to be guessed."""
    return code(16)


class Image(models.Model):
    """A picture that somebody uploaded, made anew by us: turned upright, without what the camera wrote.

    `widths` are the variants that lie on disk beside each other as WebP; `card` says whether there is
    a JPEG of 1200 px for social networks. The original is not kept.
    """

    public_id = models.CharField(max_length=16, unique=True, default=image_code, editable=False)
    title = models.CharField(_("title"), max_length=200, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    widths = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return self.title or self.public_id

    def path(self, width: int | None = None) -> str:
        """The address of a variant; the widest when none is named."""
        return f"/i/{self.public_id}/{width or self.width}.webp"

    @property
    def thumb_path(self) -> str:
        """A small one, for whoever picks."""
        return f"/i/{self.public_id}/thumb.webp"

    @property
    def card_path(self) -> str:
        """The JPEG for social networks, which do not all read WebP."""
        return f"/i/{self.public_id}/card.jpg"

    @property
    def mail_path(self) -> str:
        """The JPEG for mail programs, of which many read no WebP."""
        return f"/i/{self.public_id}/mail.jpg"

    @property
    def srcset(self) -> str:
        """Every variant with its width, for a browser to choose from."""
        return ", ".join(f"{self.path(width)} {width}w" for width in self.widths)

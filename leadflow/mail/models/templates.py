"""Letters that are written once and begun from often."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MailTemplate(models.Model):
    """What a personal mail may begin from: its words, with merge fields. Made under Settings."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("mail template")
        verbose_name_plural = _("mail templates")

    def __str__(self) -> str:
        return self.name

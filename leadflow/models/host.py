"""The organisation's own host names, on which visitors meet its pages, forms and links."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.kit.ids import token

host_name = RegexValidator(
    r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$",
    _("Write a host name such as pages.example.com, without https:// and without a path."),
)


class PublicHost(models.Model):
    """A host name that leads to this installation, for visitors only.

    It counts once its `token` was found there, or in its DNS. The main one stands in new links.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Not checked yet")
        VERIFIED = "verified", _("Works")
        FAILING = "failing", _("Does not work any more")

    name = models.CharField(_("host name"), max_length=253, unique=True, validators=[host_name])
    token = models.CharField(max_length=64, default=token, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    is_main = models.BooleanField(default=False)
    home_url = models.CharField(
        _("where its first page leads"), max_length=500, blank=True,
        help_text=_("Whoever types the bare name goes there. Leave it empty to answer “nothing here”."),
    )  # fmt: skip
    checked_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_main"], condition=Q(is_main=True), name="one_main_host"
            ),
            models.CheckConstraint(
                condition=Q(is_main=False) | ~Q(state="waiting"), name="main_host_was_checked"
            ),
        ]
        ordering = ["-is_main", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def answers(self) -> bool:
        """Whether visitors are let in by this name: it was found to be ours once."""
        return self.state != self.State.WAITING

"""Tags, and fields that an organisation adds for itself."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflow.models.lead import Lead
from leadflow.people.models import User


class Tag(models.Model):
    """A word that people put on leads to find them again."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    leads: "models.ManyToManyField[Lead, LeadTag]" = models.ManyToManyField(
        Lead, through="LeadTag", related_name="tags"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class LeadTag(models.Model):
    """A tag on a lead: who put it, and when."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="lead_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="lead_tags")
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Sensitivity:
        """S0: where a lead stands and when; the person is behind the key."""

        S0 = ("lead", "tag", "by", "at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "tag"], name="tag_once")]

    def __str__(self) -> str:
        return f"{self.tag} on {self.lead_id}"


class CustomField(models.Model):
    """A field of leads, companies or deals that the organisation made; values live in `custom`."""

    class Subject(models.TextChoices):
        LEAD = "lead", _("Lead")
        COMPANY = "company", _("Company")
        DEAL = "deal", _("Deal")

    class Type(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("One of a list")
        CHOICES = "choices", _("Several of a list")
        BOOLEAN = "boolean", _("Yes or no")

    subject = models.CharField(_("belongs to"), max_length=8, choices=Subject.choices)
    key = models.SlugField(
        _("key"),
        max_length=60,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*$", _("Small letters, digits and _."))],
    )
    label = models.CharField(_("label"), max_length=120)
    type = models.CharField(_("type"), max_length=8, choices=Type.choices)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    help_text = models.CharField(_("help"), max_length=200, blank=True)
    is_personal = models.BooleanField(_("personal data"), default=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_archived = models.BooleanField(_("archived"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "key"], name="custom_field_once")]
        ordering = ["subject", "position", "label"]

    def __str__(self) -> str:
        return self.label

"""Objections: what people have against buying, what was answered, and whether that helped."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.assets.models import ContentItem
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from pipeline.models.deal import Deal
from pipeline.models.pipeline import PipelineStage


class ObjectionKind(models.Model):
    """A kind of objection that comes again and again; the playbook has its answers."""

    name = models.CharField(_("objection"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class ObjectionAnswer(models.Model):
    """An approved answer to a kind of objection: what to say, and what to show with it."""

    kind = models.ForeignKey(
        ObjectionKind, models.PROTECT, related_name="answers", verbose_name=_("objection")
    )
    title = models.CharField(_("answer in short"), max_length=120)
    words = models.TextField(_("what to say"), max_length=4_000)
    item = models.ForeignKey(
        ContentItem,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("show with it"),
        help_text=_("A case study or another piece of the library of content."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        ordering = ["kind__position", "kind__name", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "title"],
                name="objection_answer_once",
                violation_error_message=_("This objection has an answer of that name already."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class ObjectionQuerySet(models.QuerySet["Objection"]):
    """Objections, asked in the words of the business."""

    def visible_to(self, user: User, permission: str = "deal.view") -> Self:
        """Those of living deals, and of people without a deal, that she reaches. Every list starts here."""
        deals = Deal.objects.visible_to(user, permission)
        leads = Lead.objects.visible_to(user, permission)
        return self.filter(Q(deal__in=deals) | Q(lead__in=leads))


class Objection(models.Model):
    """Something that was said against buying, on a deal or to a person before there is one.

    `stage` is where the deal stood then; `decided` marks the one that a lost deal was lost over.
    """

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Resolved")
        STANDS = "stands", _("It stands")

    # on what: one of the two
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, blank=True, related_name="objections")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="objections")
    stage = models.ForeignKey(PipelineStage, models.SET_NULL, null=True, related_name="+")

    # what was said against it
    kind = models.ForeignKey(
        ObjectionKind, models.PROTECT, related_name="objections", verbose_name=_("objection")
    )
    words = models.TextField(_("what was said"), blank=True, max_length=2_000)
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    # what was answered, and how it went
    answer = models.ForeignKey(
        ObjectionAnswer,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="objections",
        verbose_name=_("answer"),
    )
    own_words = models.TextField(_("in your own words"), blank=True, max_length=2_000)
    item = models.ForeignKey(
        ContentItem,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("what you showed"),
    )
    state = models.CharField(_("result"), max_length=8, choices=State.choices, default=State.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided = models.BooleanField(default=False)

    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    objects = ObjectionQuerySet.as_manager()

    class Sensitivity:
        """S2: the words may name people."""

        S2 = ("words", "own_words")
        S1 = ("kind", "answer", "item", "state", "decided")
        S0 = (
            "deal",
            "lead",
            "stage",
            "raised_at",
            "raised_by",
            "settled_at",
            "settled_by",
            "origin",
        )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(deal=None, lead__isnull=False) | Q(deal__isnull=False, lead=None),
                name="objection_on_one",
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at=None)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="objection_settled_or_open",
            ),
        ]
        indexes = [
            # how answers did in the last year
            models.Index(fields=["raised_at", "kind"], name="objection_numbers"),
        ]

    def __str__(self) -> str:
        return str(self.kind)

    def get_absolute_url(self) -> str:
        return f"/deals/objections/{self.pk}/"

    @property
    def of_url(self) -> str:
        """The record that it was raised on."""
        if self.deal is not None:
            return self.deal.get_absolute_url()
        return self.lead.get_absolute_url() if self.lead else ""

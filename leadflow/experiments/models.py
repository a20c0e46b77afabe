"""A/B tests: which of some variants of a document does better, and what each of them says."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.blocks.models import Document
from leadflow.blocks.registry import block_set
from leadflow.blocks.schema import BlockSet
from leadflow.kit.ids import token
from leadflow.models import Origin

LEAST_WEIGHT, MOST_WEIGHT = 1, 100


class Experiment(models.Model):
    """One comparison of two to five variants of a document; made, started and stopped by a marketer.

    `kind` and `subject_id` name the document of another package. A draft can be changed, a running one
    only stopped: what is compared stays what it was.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")

    class Goal(models.TextChoices):
        SENT = "sent", _("The form is sent")
        CLICK = "click", _("A button is clicked")
        LEAD = "lead", _("An answer becomes a lead")
        MQL = "mql", _("The lead is qualified by marketing")
        WON = "won", _("The lead becomes a customer")

    kind = models.CharField(max_length=10)
    subject_id = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)

    # what is asked, and when the answer is read
    goal = models.CharField(_("goal"), max_length=6, choices=Goal.choices, default=Goal.SENT)
    goal_days = models.PositiveSmallIntegerField(
        _("within days"), default=30, validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("How long a lead has to be qualified, or to become a customer."),
    )  # fmt: skip
    look_days = models.PositiveSmallIntegerField(
        _("decide after days"), default=14, validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("Fixed before the start: who stops on the first good day sees gains that are none."),
    )  # fmt: skip

    salt = models.CharField(max_length=22, default=token, editable=False)
    winner = models.ForeignKey("Variant", models.SET_NULL, null=True, blank=True, related_name="+")

    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"],
                condition=~Q(state="stopped"),
                name="experiment_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(started_at__isnull=False),
                name="experiment_started_unless_draft",
            ),
        ]
        indexes = [
            # the latest one of a document, asked with every opening
            models.Index(fields=["kind", "subject_id", "-id"], name="experiment_latest"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}: {self.state}"

    @property
    def is_draft(self) -> bool:
        """Whether it can still be changed."""
        return self.state == self.State.DRAFT

    @property
    def is_running(self) -> bool:
        """Whether visitors are shared out among its variants."""
        return self.state == self.State.RUNNING

    @property
    def decides_at(self) -> datetime | None:
        """When its answer is to be read; None before it was started."""
        return self.started_at + timedelta(days=self.look_days) if self.started_at else None

    @property
    def needs_days(self) -> bool:
        """Whether its goal is reached some time after the visit."""
        return self.goal in {self.Goal.MQL, self.Goal.WON}


class Variant(Document):
    """What one part of the visitors sees: A is what was live at the start, the others are edited copies.

    At the start each becomes a numbered version of the document itself (`version`), so that an answer
    names the very words that were read.
    """

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="variants")
    key = models.CharField(max_length=1)
    label = models.CharField(_("what is different"), max_length=80, blank=True)
    weight = models.PositiveSmallIntegerField(
        _("share"), default=50,
        validators=[MinValueValidator(LEAST_WEIGHT), MaxValueValidator(MOST_WEIGHT)],
    )  # fmt: skip
    version = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "key"], name="variant_once"),
            models.CheckConstraint(
                condition=Q(weight__gte=LEAST_WEIGHT, weight__lte=MOST_WEIGHT),
                name="variant_weight_in_range",
            ),
        ]
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name

    def blocks(self) -> BlockSet:
        """The set of the document that is varied."""
        return block_set(self.experiment.kind)

    @property
    def name(self) -> str:
        """A, B and so on."""
        return self.key.upper()

    @property
    def is_control(self) -> bool:
        """A: what visitors saw before."""
        return self.key == "a"

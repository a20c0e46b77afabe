"""The road that a deal goes: pipelines, their stages, and the counters that keep a board fast."""

from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.people.access import within
from leadflow.people.models import Team, User


class PipelineQuerySet(models.QuerySet["Pipeline"]):
    """Pipelines, asked in the words of the business."""

    def in_use(self) -> Self:
        """Not put away."""
        return self.filter(archived_at=None)


class Pipeline(models.Model):
    """A way of selling, as a row of stages; made by an admin. The first by position is the default."""

    class Source(models.TextChoices):
        """Where the probability of an open deal comes from."""

        STAGE = "stage", _("The stage's probability")
        HISTORICAL = "historical", _("What came of the deals that were in the stage")
        MANUAL = "manual", _("What the owner typed, else the stage's")

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    probability_source = models.CharField(
        _("probability comes from"), max_length=10, choices=Source.choices, default=Source.STAGE
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = PipelineQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def counts_manual(self) -> bool:
        """Whether a probability that somebody typed outweighs the stage's."""
        return self.probability_source == self.Source.MANUAL


class BoardRevision(models.Model):
    """How often a pipeline's board has changed: what an open board polls.

    Every writer of a deal locks this row first, so the ranks and totals of one pipeline have one
    writer at a time and two writers never wait for each other in a ring.
    """

    pipeline = models.OneToOneField(
        Pipeline, models.CASCADE, primary_key=True, related_name="revision"
    )
    number = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"revision {self.number} of pipeline {self.pipeline_id}"


class StageKind(models.TextChoices):
    """What it means to stand in a stage."""

    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class ForecastCategory(models.TextChoices):
    """How a stage counts in a forecast."""

    OMITTED = "omitted", _("Left out")
    PIPELINE = "pipeline", _("Pipeline")
    BEST = "best", _("Best case")
    COMMIT = "commit", _("Commit")
    CLOSED = "closed", _("Closed")


class PipelineStage(models.Model):
    """A column of the board. Each pipeline has one won and at least one lost stage (service)."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(
        _("kind"), max_length=4, choices=StageKind.choices, default=StageKind.OPEN
    )
    probability = models.PositiveSmallIntegerField(
        _("probability"),
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Per cent. How many of the deals that stand here are won in the end."),
    )
    expected_days = models.PositiveSmallIntegerField(
        _("planned days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("A deal that stays half as long again is marked as stuck."),
    )
    rot_days = models.PositiveSmallIntegerField(
        _("quiet days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("A deal without a touch for longer, and no step ahead, is marked as quiet."),
    )
    category = models.CharField(
        _("forecast category"),
        max_length=10,
        choices=ForecastCategory.choices,
        default=ForecastCategory.PIPELINE,
    )
    # what a deal needs before it comes here: keys of pipeline.models.gate.Ask; the checklist is rows
    required = models.JSONField(_("asks for"), default=list, blank=True)
    # what came of the deals that came here in the last year: counted by pipeline.services.chances
    decided = models.PositiveIntegerField(default=0)
    decided_won = models.PositiveIntegerField(default=0)
    historical = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    historical_at = models.DateTimeField(null=True, blank=True)
    wip_limit = models.PositiveSmallIntegerField(
        _("most deals at once"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Beyond it the next deal needs a reason."),
    )
    wip_per_owner = models.BooleanField(
        _("for each owner"),
        default=False,
        help_text=_(
            "On: each owner has the limit to themselves. Off: everybody's deals count together."
        ),
    )
    wip_is_hard = models.BooleanField(
        _("no deal beyond the limit"),
        default=False,
        help_text=_("On: a full stage takes no further deal, whatever the reason."),
    )

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "name"], name="stage_name_once"),
            models.UniqueConstraint(
                fields=["pipeline"], condition=Q(kind=StageKind.WON), name="one_won_stage"
            ),
            models.CheckConstraint(
                condition=Q(kind=StageKind.WON, probability=100)
                | Q(kind=StageKind.LOST, probability=0)
                | Q(kind=StageKind.OPEN, probability__range=(1, 99)),
                name="stage_probability_fits_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def chance(self, source: str) -> Decimal:
        """The probability in per cent, by this source, of an open deal here that has none typed."""
        if source == Pipeline.Source.HISTORICAL and self.historical is not None:
            return self.historical
        return Decimal(self.probability)


class LostReason(models.Model):
    """Why deals are lost; a list that an admin keeps."""

    name = models.CharField(_("reason"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    asks_competitor = models.BooleanField(_("asks which competitor won"), default=False)
    counts = models.BooleanField(
        _("counts in the win rate"),
        default=True,
        help_text=_("Off for duplicates and bad data: they are nobody's loss."),
    )
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class StageTotalQuerySet(models.QuerySet["StageTotal"]):
    """Column totals, seen as the deals behind them are seen."""

    def visible_to(self, user: User) -> Self:
        """The totals of those owners and teams whose deals the user sees."""
        return self.filter(within(user, "deal.view"))


class StageTotal(models.Model):
    """Count and sums of the open deals of one owner in one column.

    Kept by `pipeline.services.totals` in the transaction of each change, because counting 200,000
    deals on every look at a board costs 46 times as much. Amounts are in the base currency.
    """

    stage = models.ForeignKey(PipelineStage, models.CASCADE, related_name="totals")
    owner = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")
    deals = models.IntegerField(default=0)
    uncounted = models.IntegerField(default=0)  # without an amount, or without a rate for it
    amount = models.DecimalField(max_digits=20, decimal_places=4, default=0)
    # amount of the deals with a typed probability, and that amount times the probability in per cent
    typed_amount = models.DecimalField(max_digits=20, decimal_places=4, default=0)
    typed_weight = models.DecimalField(max_digits=24, decimal_places=4, default=0)

    objects = StageTotalQuerySet.as_manager()

    class Sensitivity:
        """S1: what the pipeline is worth."""

        S1 = ("amount", "typed_amount", "typed_weight")
        S0 = ("stage", "owner", "team", "deals", "uncounted")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "owner", "team"], nulls_distinct=False, name="total_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.deals} deals in stage {self.stage_id}"

"""The deal: something that somebody may buy."""

from decimal import Decimal
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadflow.models import Company, Lead, Origin
from leadflow.models.organisation import currency_code
from leadflow.people.access import within
from leadflow.people.models import Team, User
from pipeline import rules
from pipeline.models.pipeline import LostReason, Pipeline, PipelineStage, StageKind
from pipeline.models.product import LONGEST_TERM, Billing, Product


class DealQuerySet(models.QuerySet["Deal"]):
    """Deals, asked in the words of the business."""

    def living(self) -> Self:
        """Not in the trash."""
        return self.filter(deleted_at=None)

    def visible_to(self, user: User, permission: str = "deal.view") -> Self:
        """Living deals that the user's role and teams open to her. Every list starts here."""
        return self.living().filter(within(user, permission))

    def in_trash_of(self, user: User) -> Self:
        """Trashed deals that the user may bring back."""
        return self.exclude(deleted_at=None).filter(within(user, "deal.delete"))

    def open(self) -> Self:
        """Neither won nor lost."""
        return self.filter(status=StageKind.OPEN)

    def won(self) -> Self:
        """Won, and not re-opened since."""
        return self.filter(status=StageKind.WON)

    def lost(self) -> Self:
        """Lost, and not re-opened since."""
        return self.filter(status=StageKind.LOST)


OPEN = Q(status=StageKind.OPEN, deleted_at=None)


class Deal(models.Model):
    """Something that a person or a company, or nobody known yet, may buy.

    Opened by hand, by converting a lead or by an import. Stage, rank, status and their times change
    only through `pipeline.services.deals`.
    """

    class Kind(models.TextChoices):
        """Whether it wins a customer or grows one."""

        NEW = "new", _("New business")
        EXPANSION = "expansion", _("Expansion")

    name = models.CharField(_("name"), max_length=200)
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, blank=True, related_name="deals", verbose_name=_("person")
    )
    company = models.ForeignKey(
        Company,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("company"),
    )
    # an index of the list below begins with owner and with team, so they have none of their own
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("owner"),
        db_index=False,
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="deals", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.NEW)
    custom = models.JSONField(default=dict, blank=True)

    # where it stands (written by pipeline.services.deals alone)
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="deals")
    stage = models.ForeignKey(
        PipelineStage, models.PROTECT, related_name="deals", verbose_name=_("stage")
    )
    status = models.CharField(
        _("status"), max_length=4, choices=StageKind.choices, default=StageKind.OPEN
    )
    rank = models.CharField(max_length=255, db_collation="C")  # C: compared byte by byte

    # what it is worth: in its own currency, and in the base currency at the rate of the event
    amount = models.DecimalField(
        _("amount"),
        max_digits=18,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    rate = models.DecimalField(max_digits=18, decimal_places=8, null=True, blank=True)
    base_amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    follows_lines = models.BooleanField(default=False)  # the amount is what the lines add up to
    probability = models.PositiveSmallIntegerField(
        _("probability, typed"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text=_("Per cent. Holds until the deal moves to another stage."),
    )
    probability_at = models.DateTimeField(null=True, blank=True)
    expected_close_on = models.DateField(_("expected close"), null=True, blank=True)
    need = models.CharField(
        _("what they need"), max_length=300, blank=True, default="", db_default=""
    )

    # when; opened_at is empty for a deal that came without a date
    qualified_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    stage_since = models.DateTimeField()
    won_at = models.DateTimeField(_("won"), null=True, blank=True)
    lost_at = models.DateTimeField(_("lost"), null=True, blank=True)
    first_closed_at = models.DateTimeField(null=True, blank=True)
    last_touch_at = models.DateTimeField(null=True, blank=True)
    next_step_at = models.DateTimeField(null=True, blank=True)
    next_step_kind = models.CharField(max_length=10, blank=True)

    # why it was lost
    lost_reason = models.ForeignKey(
        LostReason, models.PROTECT, null=True, blank=True, related_name="deals"
    )
    competitor = models.CharField(_("competitor"), max_length=120, blank=True)
    return_on = models.DateField(_("come back on"), null=True, blank=True)
    asked_again_for = models.DateField(null=True, blank=True)  # the return that its to-do is for

    # how we know it
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    external_system = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    search_text = models.TextField(blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = DealQuerySet.as_manager()

    class Sensitivity:
        """S1 commercial, S0 the rest."""

        S1 = (
            "name",
            "amount",
            "currency",
            "rate",
            "base_amount",
            "probability",
            "competitor",
            "need",
            "custom",
            "search_text",
        )
        S0 = (
            "lead",
            "company",
            "owner",
            "team",
            "kind",
            "pipeline",
            "stage",
            "status",
            "rank",
            "follows_lines",
            "probability_at",
            "expected_close_on",
            "qualified_at",
            "opened_at",
            "stage_since",
            "won_at",
            "lost_at",
            "first_closed_at",
            "last_touch_at",
            "next_step_at",
            "next_step_kind",
            "lost_reason",
            "return_on",
            "asked_again_for",
            "origin",
            "external_system",
            "external_id",
            "deleted_at",
            "created_at",
            "version",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("external_system"),
                F("external_id"),
                condition=~Q(external_id=""),
                name="deal_once_per_external_id",
            ),
            models.CheckConstraint(
                condition=Q(won_at=None) | Q(status=StageKind.WON), name="deal_won_is_won"
            ),
            models.CheckConstraint(
                condition=Q(lost_at=None) | Q(status=StageKind.LOST), name="deal_lost_is_lost"
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0), name="deal_amount_not_negative"
            ),
        ]
        indexes = [
            # a column of the board in its own order, of everybody and of one owner
            models.Index(fields=["stage", "rank", "id"], condition=OPEN, name="deal_board"),
            models.Index(
                fields=["owner", "stage", "rank", "id"], condition=OPEN, name="deal_board_of_owner"
            ),
            # a column ordered by next step (none comes last)
            models.Index(fields=["stage", "next_step_at", "id"], condition=OPEN, name="deal_next"),
            models.Index(
                fields=["owner", "stage", "next_step_at", "id"],
                condition=OPEN,
                name="deal_next_of_owner",
            ),
            # the list, newest first
            models.Index(fields=["-created_at", "-id"], name="deal_newest"),
            models.Index(fields=["owner", "-created_at", "-id"], name="deal_by_owner"),
            models.Index(fields=["team", "-created_at", "-id"], name="deal_by_team"),
            models.Index(fields=["status", "-created_at", "-id"], name="deal_by_status"),
            # the list sorted by each column that offers it, either way
            models.Index(fields=["name", "id"], name="deal_by_name"),
            models.Index(fields=["amount", "id"], name="deal_by_amount"),
            models.Index(fields=["expected_close_on", "id"], name="deal_closes"),
            models.Index(fields=["next_step_at", "id"], name="deal_by_next_step"),
            models.Index(fields=["opened_at", "id"], name="deal_opened"),
            # won and lost between two days, and the list by them: whole, for it ends in those without
            models.Index(fields=["won_at", "id"], name="deal_won"),
            models.Index(fields=["lost_at", "id"], name="deal_lost"),
            # lost deals to come back to, by their day
            models.Index(
                fields=["return_on"], condition=Q(return_on__isnull=False), name="deal_returns"
            ),
            GinIndex(fields=["search_text"], name="deal_search", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/deals/{self.pk}/"

    @property
    def ref(self) -> str:
        """How activities, notes and customers name this deal."""
        return f"deal:{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status == StageKind.OPEN


class DealLine(models.Model):
    """So many of a product at a price; an amount that follows lines is what they add up to."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="lines")
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="lines"
    )
    text = models.CharField(_("text"), max_length=200, blank=True)
    quantity = models.DecimalField(
        _("quantity"),
        max_digits=14,
        decimal_places=3,
        default=1,
        validators=[MinValueValidator(Decimal("0.001"))],
    )
    price = models.DecimalField(
        _("price"), max_digits=18, decimal_places=4, validators=[MinValueValidator(Decimal(0))]
    )
    discount = models.DecimalField(
        _("discount"),
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Per cent."),
    )
    # the price is for one period; what is paid once has no term
    billing = models.CharField(
        _("paid"), max_length=8, choices=Billing.choices, default=Billing.ONCE
    )
    term_months = models.PositiveSmallIntegerField(
        _("term, months"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TERM)],
    )
    # on top of the price and in no sum of the deal; empty: the organisation's usual one
    tax = models.DecimalField(
        _("tax"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Sensitivity:
        """S1: what the customer pays."""

        S1 = ("text", "quantity", "price", "discount", "billing", "term_months", "tax")
        S0 = ("deal", "product", "position")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, price__gte=0, discount__range=(0, 100)),
                name="line_makes_sense",
            ),
            models.CheckConstraint(
                condition=Q(billing=Billing.ONCE, term_months=None)
                | (~Q(billing=Billing.ONCE) & Q(term_months__gte=1)),
                name="line_term_fits_billing",
            ),
        ]

    def __str__(self) -> str:
        return self.text or str(self.product)

    def counted(self, usual_tax: Decimal = Decimal(0)) -> rules.Line:
        """As the rules count it; `usual_tax` where it has none of its own."""
        tax = usual_tax if self.tax is None else self.tax
        return rules.Line(
            self.quantity, self.price, self.discount, self.billing, self.term_months or 0, tax
        )

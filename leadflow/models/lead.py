"""The lead: a person, for life, one row per person."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.kit.ids import code
from leadflow.models.choices import (
    BuyerStage,
    ContactChannel,
    Direction,
    FunnelPosition,
    Origin,
    Seniority,
)
from leadflow.models.company import Company
from leadflow.models.source import Campaign, Source
from leadflow.models.stages import Disposition, LeadStage, LeadStatus
from leadflow.people.access import within
from leadflow.people.models import Team, User

# What the public id of a forgotten person begins with. Who was erased while she counted goes on counting
# as an anonymous row; who was in the trash already does not.
ERASED, THROWN_AWAY = "erased-", "gone-"


class LeadQuerySet(models.QuerySet["Lead"]):
    """Leads, asked in the words of the business."""

    def living(self) -> Self:
        """Neither in the trash nor merged into another person."""
        return self.filter(deleted_at=None, merged_into=None)

    def visible_to(self, user: User, permission: str = "lead.view") -> Self:
        """Living leads that the user's role and teams open to her. Every list starts here."""
        return self.living().filter(within(user, permission))

    def in_trash_of(self, user: User) -> Self:
        """Trashed leads that the user may bring back."""
        return self.exclude(deleted_at=None).filter(within(user, "lead.delete"))

    def remembered(self) -> Self:
        """Not erased: what stands there is a person."""
        return self.exclude(public_id__startswith=ERASED).exclude(public_id__startswith=THROWN_AWAY)

    def active(self) -> Self:
        """Somebody may work them: not on an off-ramp."""
        return self.filter(disposition=Disposition.ACTIVE)

    def in_stage(self, *stages: str) -> Self:
        """Standing at one of these stages now."""
        return self.filter(stage__in=stages)

    def unattended(self, at: datetime) -> Self:
        """Open leads from lead to SQL that have no owner or no step ahead of `at` (KPI 31)."""
        open_stages = [LeadStage.LEAD, LeadStage.MQL, LeadStage.SAL, LeadStage.SQL]
        no_step = Q(next_step_at=None) | Q(next_step_at__lt=at)
        return self.active().in_stage(*open_stages).filter(Q(owner=None) | no_step)


class Lead(models.Model):
    """A person who showed interest, or whom we want to interest; made by capture, import or hand.

    Stage, status and disposition change only through `leadflow.services.leads`. `email` and `phone`
    are the primary ones of her identities, kept here because lists show and sort by them.
    """

    public_id = models.CharField(max_length=16, unique=True, default=code, editable=False)

    # who
    first_name = models.CharField(_("first name"), max_length=120, blank=True)
    last_name = models.CharField(_("last name"), max_length=120, blank=True)
    email = models.EmailField(_("email"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    job_title = models.CharField(_("job title"), max_length=160, blank=True)
    seniority = models.CharField(
        _("seniority"), max_length=10, choices=Seniority.choices, blank=True
    )
    department = models.CharField(_("department"), max_length=120, blank=True)
    # an index of the list below begins with each of these, so none has one of its own
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="leads", db_index=False
    )
    city = models.CharField(_("city"), max_length=120, blank=True)
    region = models.CharField(_("region"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    birth_year = models.PositiveSmallIntegerField(
        _("birth year"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1900), MaxValueValidator(2100)],
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    social = models.JSONField(_("social profiles"), default=dict, blank=True)
    preferred_channel = models.CharField(
        _("preferred channel"), max_length=10, choices=ContactChannel.choices, blank=True
    )
    preferred_time = models.CharField(
        _("best time to reach"),
        max_length=120,
        blank=True,
        help_text=_(
            "In their words: mornings, Mon–Fri 9–12, after 5 pm. Who calls at another time is told."
        ),
    )
    custom = models.JSONField(default=dict, blank=True)

    # how she came, and what she is looking for
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="leads", db_index=False
    )
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="leads"
    )
    direction = models.CharField(
        _("direction"), max_length=10, choices=Direction.choices, default=Direction.INBOUND
    )
    buyer_stage = models.CharField(
        _("buyer stage"), max_length=15, choices=BuyerStage.choices, blank=True
    )
    funnel_position = models.CharField(
        _("funnel position"), max_length=5, choices=FunnelPosition.choices, blank=True
    )

    # where she stands (written by leadflow.services.leads alone)
    stage = models.CharField(
        _("stage"), max_length=12, choices=LeadStage.choices, default=LeadStage.LEAD
    )
    furthest_stage = models.CharField(
        max_length=12, choices=LeadStage.choices, default=LeadStage.LEAD
    )
    stage_since = models.DateTimeField()
    status = models.CharField(_("status"), max_length=12, choices=LeadStatus.choices, blank=True)
    disposition = models.CharField(
        _("disposition"), max_length=12, choices=Disposition.choices, blank=True, default=""
    )
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="leads", db_index=False
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="leads", db_index=False
    )
    assigned_at = models.DateTimeField(null=True, blank=True)
    last_activity_at = models.DateTimeField(null=True, blank=True)
    next_step_at = models.DateTimeField(null=True, blank=True)

    # how we know her
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    search_text = models.TextField(blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = LeadQuerySet.as_manager()

    class Sensitivity:
        """S2 personal, S1 commercial, S0 the rest."""

        S2 = (
            "first_name",
            "last_name",
            "email",
            "phone",
            "birth_year",
            "social",
            "preferred_channel",
            "preferred_time",
            "custom",
            "search_text",
        )
        S0 = (
            "public_id",
            "job_title",
            "seniority",
            "department",
            "company",
            "city",
            "region",
            "country",
            "language",
            "time_zone",
            "source",
            "campaign",
            "direction",
            "buyer_stage",
            "funnel_position",
            "stage",
            "furthest_stage",
            "stage_since",
            "status",
            "disposition",
            "owner",
            "team",
            "assigned_at",
            "last_activity_at",
            "next_step_at",
            "origin",
            "merged_into",
            "deleted_at",
            "created_at",
            "version",
        )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(owner=None, assigned_at=None)
                | Q(owner__isnull=False, assigned_at__isnull=False),
                name="lead_owner_with_time",
            ),
        ]
        indexes = [
            # the lead list, newest first, whole and by owner, stage and source
            models.Index(fields=["-created_at", "-id"], name="lead_newest"),
            models.Index(fields=["owner", "-created_at", "-id"], name="lead_by_owner"),
            models.Index(fields=["team", "-created_at", "-id"], name="lead_by_team"),
            models.Index(fields=["stage", "-created_at", "-id"], name="lead_by_stage"),
            models.Index(fields=["source", "-created_at", "-id"], name="lead_by_source"),
            models.Index(fields=["company", "-id"], name="lead_by_company"),
            models.Index(
                fields=["origin", "-created_at", "-id"],
                condition=~Q(origin=Origin.LIVE),
                name="lead_by_origin",
            ),
            # the same list sorted by each column that offers it, either way
            models.Index(fields=["last_name", "id"], name="lead_by_name"),
            models.Index(fields=["stage_since", "id"], name="lead_by_stage_since"),
            models.Index(fields=["last_activity_at", "id"], name="lead_last_touch"),
            models.Index(fields=["next_step_at", "id"], name="lead_next_step"),
            models.Index(fields=["country", "id"], name="lead_by_country"),
            models.Index(fields=["email"], name="lead_email"),
            GinIndex(fields=["search_text"], name="lead_search", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/leads/{self.pk}/"

    @property
    def is_erased(self) -> bool:
        """Whether only an anonymous row is left of her."""
        return self.public_id.startswith((ERASED, THROWN_AWAY))

    @property
    def name(self) -> str:
        """The full name; where there is none a hint of the address, never all of it: names are shown
        to roles that may not see contact fields."""
        return f"{self.first_name} {self.last_name}".strip() or self._hint() or "—"

    def _hint(self) -> str:
        local, _at, domain = self.email.partition("@")
        return f"{local[:1]}…@{domain}" if domain else self.phone and f"…{self.phone[-3:]}"

    @property
    def initials(self) -> str:
        """Up to two letters for the round face beside a name."""
        words = [w for w in self.name.split() if w[:1].isalnum()] or ["?"]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


class LeadIdentity(models.Model):
    """Something that says who a lead is: an e-mail, a phone, or an id in another system.

    E-mail and external id are unique and decide who a submission belongs to; a phone is indexed and
    only suggests. Merging moves the rows to the survivor.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", _("Email")
        PHONE = "phone", _("Phone")
        EXTERNAL = "external", _("Id in another system")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.CharField(max_length=254)
    value_norm = models.CharField(max_length=254)
    is_primary = models.BooleanField(default=False)
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Sensitivity:
        """S2: all of it names a person."""

        S2 = ("value", "value_norm")
        S0 = ("lead", "kind", "is_primary", "verified_at", "created_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value_norm"],
                condition=Q(kind__in=["email", "external"]),
                name="identity_once",
            )
        ]
        indexes = [models.Index(fields=["value_norm"], name="identity_by_value")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


class LeadCycle(models.Model):
    """One walk of a person through the lifecycle; a recycled lead begins another.

    Each `…_at` is the first time that the stage was reached in this cycle.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="cycles")
    number = models.PositiveSmallIntegerField(default=1)
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField()
    subscriber_at = models.DateTimeField(null=True, blank=True)
    lead_at = models.DateTimeField(null=True, blank=True)
    mql_at = models.DateTimeField(null=True, blank=True)
    sal_at = models.DateTimeField(null=True, blank=True)
    sql_at = models.DateTimeField(null=True, blank=True)
    opportunity_at = models.DateTimeField(null=True, blank=True)
    customer_at = models.DateTimeField(null=True, blank=True)
    disqualified_at = models.DateTimeField(null=True, blank=True)
    recycled_at = models.DateTimeField(null=True, blank=True)
    return_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Sensitivity:
        """S0: where a lead stands and when; the person is behind the key."""

        S0 = (
            "lead",
            "number",
            "source",
            "started_at",
            "subscriber_at",
            "lead_at",
            "mql_at",
            "sal_at",
            "sql_at",
            "opportunity_at",
            "customer_at",
            "disqualified_at",
            "recycled_at",
            "return_on",
            "reason",
        )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "number"], name="cycle_once")]
        indexes = [
            models.Index(fields=["lead_at"], name="cycle_lead_at"),  # leads generated in a window
            models.Index(fields=["return_on"], name="cycle_return_on"),  # the recycle tick
        ]

    def __str__(self) -> str:
        return f"cycle {self.number} of lead {self.lead_id}"


class LeadScore(models.Model):
    """The three numbers of a lead and what follows from them; qualification computes them.

    Narrow and rewritten often, hence apart from Lead and with a fillfactor of 70 (migration).
    """

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="score")
    fit = models.FloatField(default=0)
    engagement = models.FloatField(default=0)
    bant = models.FloatField(default=0)
    grade = models.CharField(max_length=1, default="D")
    band = models.PositiveSmallIntegerField(default=4)
    cell = models.CharField(max_length=2, default="D4")
    priority = models.PositiveSmallIntegerField(default=4)
    version = models.BigIntegerField(null=True, blank=True)  # rulesets.RuleVersion, which is above
    revision = models.PositiveIntegerField(default=0)
    next_crossing_at = models.DateTimeField(null=True, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)

    class Sensitivity:
        """S0: where a lead stands and when; the person is behind the key."""

        S0 = (
            "lead",
            "fit",
            "engagement",
            "bant",
            "grade",
            "band",
            "cell",
            "priority",
            "version",
            "revision",
            "next_crossing_at",
            "scored_at",
        )

    class Meta:
        indexes = [
            models.Index(fields=["cell", "-engagement", "-lead"], name="score_hottest"),
            models.Index(
                fields=["engagement", "lead"], name="score_by_engagement"
            ),  # list by score
            models.Index(
                fields=["next_crossing_at"],
                condition=Q(next_crossing_at__isnull=False),
                name="score_crossings_due",
            ),
        ]

    def __str__(self) -> str:
        return self.cell


class LeadAnswer(models.Model):
    """A typed answer that a lead gave to a question: usable by rules, segments and mail."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="answers")
    key = models.CharField(max_length=80)
    label = models.CharField(max_length=200, blank=True)
    value = models.JSONField()
    source_type = models.CharField(max_length=40, blank=True)
    source_id = models.BigIntegerField(null=True, blank=True)
    answered_at = models.DateTimeField()

    class Sensitivity:
        """S2: free words of a person."""

        S2 = ("value",)
        S0 = ("lead", "key", "label", "source_type", "source_id", "answered_at")

    class Meta:
        # the newest answer to a question wins
        indexes = [models.Index(fields=["lead", "key", "-answered_at"], name="answer_latest")]

    def __str__(self) -> str:
        return f"{self.label or self.key}: {self.value}"

"""Companies that leads work for."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import Origin, Tier
from leadflow.people.access import within
from leadflow.people.models import Team, User


class CompanyQuerySet(models.QuerySet["Company"]):
    """Companies, asked in the words of the business."""

    def living(self) -> "CompanyQuerySet":
        """Neither in the trash nor merged into another."""
        return self.filter(deleted_at=None, merged_into=None)

    def in_trash_of(self, user: User, permission: str = "company.delete") -> "CompanyQuerySet":
        """What was put in the trash, as far as a permission of the user reaches."""
        return self.exclude(deleted_at=None).filter(within(user, permission), merged_into=None)

    def visible_to(self, user: User) -> "CompanyQuerySet":
        """Companies that the user may see; everybody sees all of them today."""
        return self.living().filter(within(user, "company.view"))


class Company(models.Model):
    """A company: made by a lead's work domain, an import, or by hand."""

    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("domain"), max_length=253, null=True, blank=True, unique=True)
    industry = models.CharField(_("industry"), max_length=120, blank=True)
    size = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    revenue = models.DecimalField(
        _("revenue"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    country = models.CharField(_("country"), max_length=2, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    founded = models.PositiveSmallIntegerField(_("founded"), null=True, blank=True)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="subsidiaries"
    )
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="companies"
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    # a target company, which sales works as a whole; empty is none
    tier = models.CharField(
        _("target tier"), max_length=1, choices=Tier.choices, blank=True, default="", db_default=""
    )
    custom = models.JSONField(default=dict, blank=True)

    # how we know it
    name_norm = models.CharField(max_length=200)
    # without legal form (kit.firms); empty until somebody works it out
    name_key = models.CharField(max_length=200, blank=True, db_default="", default="")
    search_text = models.TextField(blank=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.LIVE)
    external_system = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = CompanyQuerySet.as_manager()

    class Sensitivity:
        """See architecture: S2 personal, S1 commercial, S0 the rest."""

        S1 = ("revenue", "custom")
        S0 = (
            "name",
            "domain",
            "industry",
            "size",
            "country",
            "city",
            "founded",
            "parent",
            "owner",
            "team",
            "tier",
            "name_norm",
            "name_key",
            "search_text",
            "origin",
            "external_system",
            "external_id",
            "merged_into",
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
                name="company_once_per_external_id",
            )
        ]
        indexes = [
            # match on import, and the list in its usual order
            models.Index(fields=["name_norm", "id"], name="company_by_name"),
            # match by name without legal form, and pairs that share one
            models.Index(fields=["name_key", "id"], name="company_by_key"),
            # pairs at one host under two suffixes: acme of acme.co.uk
            models.Index(
                Func(F("domain"), Value("."), Value(1), function="split_part"),
                name="company_by_host",
            ),
            # the list sorted by each column that offers it
            models.Index(fields=["industry", "id"], name="company_by_industry"),
            models.Index(fields=["size", "id"], name="company_by_size"),
            models.Index(fields=["country", "id"], name="company_by_country"),
            GinIndex(fields=["search_text"], name="company_search", opclasses=["gin_trgm_ops"]),
            models.Index(fields=["-created_at", "-id"], name="company_newest"),  # the list
            # the target companies
            models.Index(fields=["tier", "id"], condition=~Q(tier=""), name="company_targets"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/companies/{self.pk}/"

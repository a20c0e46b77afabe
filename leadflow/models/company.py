"""Companies that leads work for."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leadflow.models.choices import Origin
from leadflow.people.access import within
from leadflow.people.models import Team, User


class CompanyQuerySet(models.QuerySet["Company"]):
    """Companies, asked in the words of the business."""

    def living(self) -> "CompanyQuerySet":
        """Neither in the trash nor merged into another."""
        return self.filter(deleted_at=None, merged_into=None)

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
    custom = models.JSONField(default=dict, blank=True)

    # how we know it
    name_norm = models.CharField(max_length=200)
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
            "name_norm",
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
            # the list sorted by each column that offers it
            models.Index(fields=["industry", "id"], name="company_by_industry"),
            models.Index(fields=["size", "id"], name="company_by_size"),
            models.Index(fields=["country", "id"], name="company_by_country"),
            GinIndex(fields=["search_text"], name="company_search", opclasses=["gin_trgm_ops"]),
            models.Index(fields=["-created_at", "-id"], name="company_newest"),  # the list
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/companies/{self.pk}/"

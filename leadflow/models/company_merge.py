"""Two rows that are one company, and those that may be."""

from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from leadflow.models.company import Company
from leadflow.people.access import within
from leadflow.people.models import User


class CompanyMerge(models.Model):
    """Two rows that somebody said are one company; made by `leadflow.services.company_merging`.

    `before` and `after` are the columns of both companies and of both customers. `moved` names the rows
    about the second company at the time (table and column -> keys): its people, deals, notes and so on.
    """

    survivor = models.ForeignKey(Company, models.CASCADE, related_name="merges")
    loser = models.ForeignKey(Company, models.CASCADE, related_name="+")
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    moved = models.JSONField(default=dict)
    batch = models.PositiveBigIntegerField(null=True)  # the run that merged many at once
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Sensitivity:
        """S1: revenue and own fields of companies. People stand in it by key alone."""

        S1 = ("before", "after")
        S0 = ("survivor", "loser", "moved", "batch", "at", "by", "undone_at")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            # what one run merged
            models.Index(
                fields=["batch", "-id"],
                condition=Q(batch__isnull=False),
                name="company_merge_batch",
            )
        ]

    def __str__(self) -> str:
        return f"{self.loser_id} into {self.survivor_id}"


class CompanyTwinQuerySet(models.QuerySet["CompanyTwin"]):
    """Pairs, asked in the words of the business."""

    def waiting(self) -> Self:
        """Pairs of living companies of which nobody said yet that they are different."""
        gone = Q(one__deleted_at__isnull=False) | Q(two__deleted_at__isnull=False)
        gone |= Q(one__merged_into__isnull=False) | Q(two__merged_into__isnull=False)
        return self.filter(is_different=False).exclude(gone)

    def visible_to(self, user: User) -> Self:
        """Those that wait for a word of somebody who may merge companies."""
        return self.waiting().filter(within(user, "company.merge"))


class CompanyTwin(models.Model):
    """Two living companies that may be one; found by `leadflow.services.company_duplicates`.

    `one` is the older key. Where somebody said that they are different the row stays and keeps them
    from being proposed again.
    """

    one = models.ForeignKey(Company, models.CASCADE, related_name="+")
    two = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    score = models.PositiveSmallIntegerField()  # of a hundred
    same_name = models.BooleanField(default=False)  # but for the legal form
    same_host = models.BooleanField(default=False)  # acme.de and acme.com
    same_city = models.BooleanField(default=False)
    is_different = models.BooleanField(default=False)
    found_at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = CompanyTwinQuerySet.as_manager()

    class Sensitivity:
        """S0: that two rows are alike."""

        S0 = (
            "one", "two", "score", "same_name", "same_host", "same_city", "is_different", "found_at",
            "by",
        )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["two", "one"], name="company_twin_once"),
            models.CheckConstraint(
                condition=Q(one__lt=models.F("two")), name="company_twin_in_order"
            ),
        ]
        indexes = [
            # the queue, the likeliest first
            models.Index(
                fields=["-score", "-id"], condition=Q(is_different=False), name="company_twin_queue"
            )
        ]

    def __str__(self) -> str:
        return f"{self.one_id} and {self.two_id}: {self.score}"

"""A merge of two rows into one person, with what it takes to take them apart again."""

from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from leadflow.models.lead import Lead
from leadflow.people.models import User


class Merge(models.Model):
    """Two rows that somebody said are one person; made by `leadflow.services.merging`.

    `before` and `after` hold the rows about either person (table -> key -> columns) as they were
    before the merge and once everybody had followed it. Their difference is what the merge did.
    """

    survivor = models.ForeignKey(Lead, models.CASCADE, related_name="merges")
    loser = models.ForeignKey(Lead, models.CASCADE, related_name="+")
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, encoder=DjangoJSONEncoder)  # null: not settled yet
    batch = models.PositiveBigIntegerField(null=True)  # the run that merged many at once
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Sensitivity:
        """S2: rows about people, in whole."""

        S2 = ("before", "after")
        S0 = ("survivor", "loser", "batch", "at", "by", "undone_at")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            # what one run merged
            models.Index(
                fields=["batch", "-id"], condition=Q(batch__isnull=False), name="merge_batch"
            )
        ]

    def __str__(self) -> str:
        return f"{self.loser_id} into {self.survivor_id}"


class TwinQuerySet(models.QuerySet["Twin"]):
    """Pairs, asked in the words of the business."""

    def visible_to(self, user: User) -> Self:
        """Pairs that wait for a word and whose two people the user may merge."""
        leads = Lead.objects.visible_to(user, "lead.merge").values("pk")
        return self.filter(is_different=False, one__in=leads, two__in=leads)


class Twin(models.Model):
    """Two living leads that may be one person; found by `leadflow.services.duplicates`.

    `one` is the older key. Where somebody said that they are different people the row stays and keeps
    them from being proposed again.
    """

    one = models.ForeignKey(Lead, models.CASCADE, related_name="+")
    two = models.ForeignKey(Lead, models.CASCADE, related_name="+", db_index=False)
    score = models.PositiveSmallIntegerField()  # of a hundred
    same_phone = models.BooleanField(default=False)
    same_company = models.BooleanField(default=False)
    name_likeness = models.PositiveSmallIntegerField(default=0)  # of a hundred
    is_different = models.BooleanField(default=False)
    found_at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = TwinQuerySet.as_manager()

    class Sensitivity:
        """S0: that two rows are alike; the people are behind the keys."""

        S0 = (
            "one", "two", "score", "same_phone", "same_company", "name_likeness", "is_different",
            "found_at", "by",
        )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["two", "one"], name="twin_once"),
            models.CheckConstraint(condition=Q(one__lt=models.F("two")), name="twin_in_order"),
        ]
        indexes = [
            # the queue, the likeliest first
            models.Index(
                fields=["-score", "-id"], condition=Q(is_different=False), name="twin_queue"
            )
        ]

    def __str__(self) -> str:
        return f"{self.one_id} and {self.two_id}: {self.score}"

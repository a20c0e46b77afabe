"""What the numbers are kept in: what each lead and deal adds to them, and the sums of a day."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Floor, Ln

from leadflow.models import Source
from leadflow.people.models import Team, User


class Cell(models.Model):
    """The dimensions of a sum. None of these columns holds a row in place: they say what was, and a
    source that is gone keeps its sums until its leads are counted anew."""

    measure = models.CharField(max_length=24)  # leadflow.insights.measures
    day = models.DateField(null=True)  # of the organisation's time zone; null for what has no date
    source = models.ForeignKey(
        Source, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    owner = models.ForeignKey(  # at the time of the event, see counting
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    team = models.ForeignKey(
        Team, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    detail = models.BigIntegerField(
        null=True
    )  # of a lost deal the id of its reason; a step of time
    amount = models.DecimalField(max_digits=24, decimal_places=4, default=0)  # base currency

    class Meta:
        abstract = True


DIMENSIONS = ("measure", "day", "source", "owner", "team", "detail")


class Counted(Cell):
    """One thing that one lead or deal adds to the numbers: that it became a lead, that it was won.

    Written by `rollups` from the rows of the lead or deal, never from what an event says: what
    is counted twice is counted once. The list behind a number is the rows of its measure.
    """

    subject_id = models.BigIntegerField()  # the id of a lead or deal, as the measure says
    seconds = models.FloatField(null=True)  # how long it took, where the measure has a duration

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure", "subject_id"], name="counted_once")
        ]
        indexes = [
            # the rows and the durations behind a number of some days
            models.Index(fields=["measure", "day"], name="counted_in_days"),
            # the few durations among which a median lies: measures.STEP
            models.Index(
                F("measure"), Floor(Ln(F("seconds") + 1) * 6), F("day"),
                condition=Q(seconds__gte=0), name="counted_by_step",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.measure} of {self.subject_id}"


class Delta(Cell):
    """A change of a sum that is not folded into its day yet. Append-only; read as if it were."""

    n = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.n:+d} {self.measure}"


class DailyFact(Cell):
    """The sum of one measure on one day for one source, owner, team and detail."""

    n = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=list(DIMENSIONS), name="daily_fact_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.n} {self.measure} on {self.day}"


class RollupState(models.Model):
    """What the sums were counted by, and how far a new count of everything has come; one row."""

    rules = models.CharField(max_length=120, blank=True)  # what the finished count was made by
    making = models.CharField(max_length=120, blank=True)  # what the count at work is made by
    leads_through = models.BigIntegerField(default=0)
    deals_through = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.rules or "nothing counted yet"


class Target(models.Model):
    """What one person means to win in one month, and what she plans to do on each working day.

    Entered by whoever manages her. No row means that nobody set a target, which is not a target of 0.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="targets")
    month = models.DateField()  # its first day
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)  # base currency
    calls = models.PositiveSmallIntegerField(default=0)
    mails = models.PositiveSmallIntegerField(default=0)
    meetings = models.PositiveSmallIntegerField(default=0)

    class Sensitivity:
        """S1: what is expected of a person."""

        S1 = ("amount", "calls", "mails", "meetings")
        S0 = ("user", "month")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "month"], name="one_target_a_month")]

    def __str__(self) -> str:
        return f"{self.user} in {self.month:%Y-%m}"

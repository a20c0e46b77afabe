"""What a company is worth to us now, by the people who work there, and what it was worth before."""

from django.db import models
from django.db.models import FloatField, Max, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from leadflow.models.company import Company
from leadflow.models.lead import LeadScore


def account_score(company: str = "pk") -> Coalesce:
    """The score of an outer row's company: its people's engagement, summed, and the fit of the best.

    Each person's engagement has faded by its own age already, so a company whose people fell silent falls.
    """
    people = LeadScore.objects.filter(
        lead__company=OuterRef(company), lead__deleted_at=None, lead__merged_into=None
    )
    grouped = people.order_by().values("lead__company")
    whole = grouped.annotate(account=Sum("engagement") + Max("fit"))
    return Coalesce(Subquery(whole.values("account")), 0.0, output_field=FloatField())


class AccountScore(models.Model):
    """What `account_score` of a target company was on a day; kept once a day by `services.accounts`."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="scores")
    on = models.DateField()
    score = models.FloatField()

    class Sensitivity:
        """S0: a sum over people, naming none."""

        S0 = ("company", "on", "score")

    class Meta:
        # the constraint is also the way to the newest before a day
        constraints = [
            models.UniqueConstraint(fields=["company", "on"], name="account_score_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.score:.0f} of company {self.company_id} on {self.on}"

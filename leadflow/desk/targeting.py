"""Target companies: those that sales works as a whole, with what is known of each and what is missing.

An account's score is made of its people: engagement is the sum of theirs, each already faded by its own
age, and fit is that of the best of them. `receipt` says who brought how much. What it was on earlier days
is kept (`services.accounts`), so that a rise is seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.desk import coverage
from leadflow.desk.coverage import Covered
from leadflow.desk.tables import NOBODY, owned_by
from leadflow.kit import clock
from leadflow.models import (
    AccountScore,
    Company,
    Customer,
    Lead,
    LeadScore,
    LeadStage,
    Seniority,
    Tier,
    account_score,
)
from leadflow.models.stages import ORDER
from leadflow.people.models import User
from leadflow.web import tables
from leadflow.web.filters import Choices, Filter, FilterSet, Named, choices_of
from pipeline.selectors import people as deals

QUIET = timedelta(days=30)
CHANGED_IN = timedelta(days=30)
DECIDERS = (Seniority.DIRECTOR, Seniority.VP, Seniority.CHIEF, Seniority.OWNER)
NOBODY_YET = -1  # the rank of a company of which nobody is known


def companies_of(user: User) -> QuerySet[Any]:
    """The target companies with their score, its change, their rank among the stages and last touch."""
    rows = Company.objects.visible_to(user).exclude(tier="")
    people = Lead.objects.living().filter(company=OuterRef("pk")).order_by().values("company")
    touched = people.annotate(at=Max("last_activity_at")).values("at")
    rows = rows.annotate(
        score=account_score(), touched_at=Subquery(touched), rank=_rank(people, user), was=_before()
    )
    return rows.annotate(change=F("score") - F("was")).select_related("owner")


def _rank(people: QuerySet[Any, Any], user: User) -> Greatest:
    """How far the company has come: the furthest stage of its people, an open deal, a purchase."""
    steps = [When(furthest_stage=stage, then=Value(place)) for stage, place in ORDER.items()]
    furthest = people.annotate(r=Max(Case(*steps, output_field=IntegerField()))).values("r")
    bought = Customer.objects.filter(company=OuterRef("pk"), reverted_at=None)
    reached = Case(
        When(Exists(bought), then=Value(ORDER[LeadStage.CUSTOMER])),
        When(pk__in=deals.companies_in_play(user), then=Value(ORDER[LeadStage.OPPORTUNITY])),
        default=Value(NOBODY_YET),
        output_field=IntegerField(),
    )
    return Greatest(Coalesce(Subquery(furthest), NOBODY_YET), reached)


def _before() -> Coalesce:
    """The score a month ago; the first that was kept where that is younger, and not today's own."""
    today = localdate(clock.now())
    kept = AccountScore.objects.filter(company=OuterRef("pk"), on__lt=today)
    then = kept.filter(on__lte=today - CHANGED_IN).order_by("-on").values("score")[:1]
    return Coalesce(Subquery(then), Subquery(kept.order_by("on").values("score")[:1]))


@dataclass
class Known:
    """Who is known at one company, by rank."""

    people: int = 0
    deciders: int = 0
    ranks: dict[str, int] = field(default_factory=dict)

    def add(self, rank: str, n: int) -> None:
        """So many people of a rank."""
        self.people += n
        if rank in DECIDERS:
            self.deciders += n
        if rank:
            self.ranks[rank] = self.ranks.get(rank, 0) + n


@dataclass(frozen=True)
class Look(tables.Look):
    """What all rows of the page share: people, roles and open deals of its companies."""

    known: Mapping[int, Known] = field(default_factory=dict)
    covered: Mapping[int, Covered] = field(default_factory=dict)
    deals: Mapping[int, Sequence[Any]] = field(default_factory=dict)
    may_fill: bool = False

    @classmethod
    def of_page(cls, rows: Sequence[Company], user: User) -> "Look":
        """Five statements, however many companies and people there are."""
        known = {row.pk: Known() for row in rows}
        people = Lead.objects.living().filter(company__in=known).order_by()
        for row in people.values("company", "seniority").annotate(n=Count("pk")):
            known[row["company"]].add(row["seniority"], row["n"])
        return cls(
            known=known,
            covered=coverage.covered_at(list(known), user),
            deals=deals.open_deals_at(user, list(known)),
            may_fill=coverage.may_fill(user),
        )


def gaps(row: Any, known: Known, covered: Covered, look: tables.Look) -> list[str | Promise]:
    """What is missing to sell to this company, beside the roles that nobody has."""
    found: list[str | Promise] = []
    if not known.people:
        found.append(_("nobody known"))
    elif not known.deciders and not covered.decides:
        found.append(_("nobody who decides"))
    if row.owner_id is None:
        found.append(_("no owner"))
    if known.people and (row.touched_at is None or row.touched_at < look.at - QUIET):
        found.append(_("quiet 30 days"))
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """What one person brings to the score of her company."""

    lead: Lead
    engagement: float
    fit: float
    is_best_fit: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """The score of a company, and of whom it is made."""

    score: float
    engagement: float
    fit: float
    shares: list[Share]
    hidden: int  # people of other teams, who count as well


def receipt(company: Company, user: User, most: int = 10) -> Receipt:
    """The sum of its people's engagement and the fit of the best of them."""
    scores = LeadScore.objects.filter(lead__in=Lead.objects.living().filter(company=company))
    sums = scores.aggregate(engagement=Sum("engagement"), fit=Max("fit"), n=Count("pk"))
    seen = scores.filter(lead__in=Lead.objects.visible_to(user).values("pk"))
    rows = list(seen.select_related("lead").order_by("-engagement", "-fit", "pk"))
    fit, engagement = sums["fit"] or 0.0, sums["engagement"] or 0.0
    shares = [Share(one.lead, one.engagement, one.fit, one.fit == fit) for one in rows[:most]]
    return Receipt(engagement + fit, engagement, fit, shares, sums["n"] - len(rows))


# --- the filters of the list ---


def _has_gap(values: list[str]) -> Q:
    people = Lead.objects.living().filter(company__isnull=False)
    deciding = people.filter(seniority__in=DECIDERS)
    conditions = {
        "nobody": lambda: ~Q(pk__in=people.values("company")),
        "decider": lambda: (
            Q(pk__in=people.values("company"))
            & ~Q(pk__in=deciding.values("company"))
            & coverage.nobody_decides()
        ),
        "owner": lambda: Q(owner=None),
    }
    found = Q()
    for value in values:
        found |= conditions[value]() if value in conditions else coverage.without(value)
    return found


def _gaps() -> Choices:
    return [
        *coverage.gap_choices(),
        ("nobody", gettext_lazy("nobody known")),
        ("decider", gettext_lazy("nobody who decides")),
        ("owner", gettext_lazy("no owner")),
    ]


def _at_stage(values: list[str]) -> Q:
    return Q(rank__in=[ORDER.get(value, NOBODY_YET) for value in values])


def _stages() -> Choices:
    return [("none", gettext_lazy("nobody known")), *LeadStage.choices]


def _owners() -> dict[str, Choices]:
    return {"owner": [NOBODY, *choices_of(owner=Named(User.objects.can_own()))["owner"]]}


FILTERS = FilterSet(
    [
        Filter("tier", gettext_lazy("Tier"), "tier__in", lambda: Tier.choices, icon="target"),
        Filter("gap", gettext_lazy("Gap"), build=_has_gap, icon="alert-triangle", choices=_gaps),
        Filter("stage", gettext_lazy("Stage"), build=_at_stage, icon="circle-dashed", choices=_stages),
        Filter("owner", gettext_lazy("Owner"), build=owned_by, icon="user"),
    ],
    together=_owners,
)  # fmt: skip

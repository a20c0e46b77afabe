"""What the board of leads reads: a column a stage, the top of each by key, counts up to a thousand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from leadflow.events.models import Event
from leadflow.models import Lead, LeadStage
from leadflow.models.stages import TRANSITIONS
from leadflow.people.models import User
from leadflow.web import lanes
from leadflow.web.lanes import Sort

PAGE = 50
MOST = 500  # cards of one column that a refresh brings back at once
COUNT_CAP = 1_000

SORTS = {
    sort.key: sort
    for sort in (
        Sort("-created", _("Newest first"), "created_at", lanes.moment),
        Sort("next", _("Next step"), "next_step_at", lanes.moment, is_nullable=True, is_split=True),
        Sort("-score", _("Highest score"), "score__engagement", lanes.figure, is_nullable=True),
        Sort("stage", _("Longest in stage"), "stage_since", lanes.moment),
    )
}
USUAL = SORTS["-created"]


@dataclass(frozen=True)
class Ask:
    """Which leads, in which order, and how many cards of a column she had opened."""

    leads: QuerySet[Lead]
    at: datetime
    sort: Sort = USUAL
    shown: tuple[tuple[str, int], ...] = ()
    days: Mapping[str, int] = field(default_factory=dict)  # in which a lead leaves a stage

    def since(self, stage: str) -> datetime | None:
        """Who came before stands there too long."""
        return self.at - timedelta(days=self.days[stage]) if stage in self.days else None

    def limit(self, stage: str) -> int:
        """How many cards of a column to bring."""
        return min(max(dict(self.shown).get(stage, PAGE), PAGE), MOST)


@dataclass(frozen=True)
class Column:
    """A stage, how many stand there (one more than the cap means more), and its first cards."""

    stage: str
    count: int
    cards: Sequence[Lead]
    cursor: str
    idle: int = 0  # without a next step
    slow: int = 0  # too long in the stage
    days: int | None = None  # from so many on it is too long

    @property
    def takes(self) -> list[str]:
        """The stages from which a lead may come here."""
        return [stage for stage, after in TRANSITIONS.items() if self.stage in after]


def revision() -> int:
    """The last fact that the relay handed on: what an open board compares. Rows change with facts."""
    return Event.objects.aggregate(last=Max("seq"))["last"] or 0


def working(user: User) -> QuerySet[Lead]:
    """The leads of a board: those that somebody may work."""
    return Lead.objects.visible_to(user).active()


def columns(ask: Ask) -> list[Column]:
    """Every stage in two queries, however many leads there are."""
    pools = {stage: ask.leads.filter(stage=stage) for stage in LeadStage.values}
    ids = lanes.tops([(rows, ask.limit(stage)) for stage, rows in pools.items()], ask.sort)
    found: dict[str, list[Lead]] = {stage: [] for stage in pools}
    for lead in ask.sort.ordered(_drawn(Lead.objects.filter(pk__in=ids))):
        if len(found[lead.stage]) < ask.limit(lead.stage):
            found[lead.stage].append(lead)
    sums = _sums(ask, pools, found)
    return [_column(ask, stage, sums[stage], cards) for stage, cards in found.items()]


def more(ask: Ask, stage: str, cursor: str, until: str = "") -> Column:
    """The next page of a column after `cursor`; one that was shown before up to the card `until`."""
    rows = ask.leads.filter(stage=stage)
    cards = lanes.between(_drawn(rows), ask.sort, cursor, until, PAGE) if cursor else []
    count = rows.order_by()[: COUNT_CAP + 1].count()
    return _column(ask, stage, Sums(count), cards)


@dataclass(frozen=True, slots=True)
class Sums:
    """What stands in a stage, no further than the cap."""

    count: int
    idle: int = 0
    slow: int = 0


def _column(ask: Ask, stage: str, sums: Sums, cards: Sequence[Lead]) -> Column:
    cursor = lanes.place_of(cards[-1], ask.sort) if cards else ""
    days = ask.days.get(stage)
    return Column(stage, sums.count, cards, cursor, sums.idle, sums.slow, days)


def _sums(
    ask: Ask, pools: dict[str, QuerySet[Lead]], found: dict[str, list[Lead]]
) -> dict[str, Sums]:
    """Of each stage; where all cards are shown they are counted, else one query asks for the rest."""
    sums = {stage: _of_cards(cards, ask.since(stage)) for stage, cards in found.items()}
    full = [pools[stage] for stage, one in sums.items() if one.count >= PAGE]
    if full:
        some = [rows.order_by().values("pk")[: COUNT_CAP + 1] for rows in full]
        ids = some[0].union(*some[1:], all=True) if len(some) > 1 else some[0]
        late = Q(pk__in=[])
        for stage in ask.days:
            late |= Q(stage=stage, stage_since__lt=ask.since(stage))
        rows = (
            Lead.objects.filter(pk__in=ids)
            .order_by()
            .values("stage")
            .annotate(
                n=Count("pk"),
                idle=Count("pk", filter=Q(next_step_at=None)),
                slow=Count("pk", filter=late),
            )
        )
        sums |= {row["stage"]: Sums(row["n"], row["idle"], row["slow"]) for row in rows}
    return sums


def _of_cards(cards: Sequence[Lead], since: datetime | None) -> Sums:
    idle = sum(lead.next_step_at is None for lead in cards)
    slow = sum(lead.stage_since < since for lead in cards) if since else 0
    return Sums(len(cards), idle, slow)


def _drawn(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """With all that a card shows, and nothing that it does not."""
    return leads.select_related("company", "owner", "score").only(
        "first_name", "last_name", "email", "phone", "job_title", "stage", "stage_since", "origin",
        "next_step_at", "created_at", "last_activity_at", "version", "company__name", "owner__name",
        "score__cell", "score__engagement", "score__scored_at",
    )  # fmt: skip


def narrowed(user: User, where: Q | None) -> QuerySet[Lead]:
    """Her board's leads that match the filters."""
    rows = working(user)
    return rows if where is None else rows.filter(where)

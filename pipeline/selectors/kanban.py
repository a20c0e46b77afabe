"""What the board reads: stages with their sums, and the cards of each by key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    DecimalField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as lazy

from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.web import lanes
from leadflow.web.lanes import Sort
from pipeline import rules
from pipeline.models import Deal, Pipeline, PipelineStage, StageKind, StageTotal

PAGE = 50
_MONEY = DecimalField(max_digits=24, decimal_places=4)
MOST = 500  # cards of one column that a refresh brings back at once


def owners_of(user: User, pipeline: Pipeline) -> QuerySet[User]:
    """Those whose open deals she sees on this board; for the filter."""
    held = StageTotal.objects.visible_to(user).filter(stage__pipeline=pipeline, deals__gt=0)
    owners: QuerySet[User] = User.objects.filter(pk__in=held.values("owner"))
    return owners


def revision_of(pipeline_id: int) -> int:
    """The number that an open board compares; 0 where there is no such pipeline."""
    rows = Pipeline.objects.filter(pk=pipeline_id).values_list("revision__number", flat=True)
    return rows.first() or 0


def _rank(word: str) -> str:
    if set(word) <= set(rules.DIGITS):
        return word
    raise ValueError(word)


SORTS = {
    sort.key: sort
    for sort in (
        Sort("next", lazy("Next activity"), "next_step_at", lanes.moment, is_nullable=True),
        Sort("rank", lazy("Own order"), "rank", _rank),
        Sort("-amount", lazy("Largest first"), "base_amount", lanes.amount, is_nullable=True),
        Sort("closes", lazy("Closes soonest"), "expected_close_on", lanes.day, is_nullable=True),
        Sort("stage", lazy("Longest in stage"), "stage_since", lanes.moment),
    )
}


@dataclass(frozen=True)
class Ask:
    """Which board somebody looks at: of one owner, of the deals in `where`, or of all that she sees.

    `shown` says how many cards of a column she had opened.
    """

    pipeline: Pipeline
    sort: Sort = SORTS["next"]
    owner: int | None = None
    where: Q | None = None
    shown: tuple[tuple[int, int], ...] = ()

    def limit(self, stage_id: int) -> int:
        """How many cards of a column to bring."""
        return min(max(dict(self.shown).get(stage_id, PAGE), PAGE), MOST)


@dataclass(frozen=True)
class Sums:
    """What stands in a column: count, and money in the base currency. `uncounted` have no amount
    that can be counted."""

    deals: int = 0
    uncounted: int = 0
    amount: Decimal | None = None
    weighted: Decimal | None = None


@dataclass(frozen=True)
class Column:
    """A stage with its sums and the first page of its cards."""

    stage: PipelineStage
    sums: Sums
    cards: Sequence["CardRow"]
    cursor: str = ""
    held: int = 0  # the deals that its limit counts: everybody's, or those of the fullest owner
    chance: Decimal = Decimal(0)  # what a deal in it weighs where none is typed, in per cent

    @property
    def more(self) -> int:
        """How many cards are left to show."""
        return max(self.sums.deals - len(self.cards), 0)


@dataclass(frozen=True)
class CardRow:
    """A deal as its card shows it."""

    deal: Deal
    health: rules.Health
    stage: PipelineStage
    cell: str = ""


@dataclass(frozen=True)
class Board:
    """A pipeline as somebody sees it now."""

    pipeline: Pipeline
    revision: int
    columns: Sequence[Column]
    closing: Sequence[PipelineStage]
    total: Sums


def board(user: User, ask: Ask, at: datetime | None = None) -> Board:
    """Stages, sums and first cards, in four queries however many deals there are."""
    at = at or clock.now()
    revision = revision_of(ask.pipeline.pk)  # before the cards: a later change is polled again
    stages = _with_held(ask)
    open_stages = [stage for stage in stages if stage.kind == StageKind.OPEN]
    sums = _sums(user, ask, open_stages)
    cards = _first_cards(user, ask, open_stages)
    columns = [
        Column(
            stage,
            sums.get(stage.pk, Sums()),
            [_card(deal, stage, at) for deal in cards.get(stage.pk, [])],
            _cursor(cards.get(stage.pk, []), ask.sort),
            stage.held,
            stage.chance(ask.pipeline.probability_source),
        )
        for stage in open_stages
    ]
    closing = [stage for stage in stages if stage.kind != StageKind.OPEN]
    return Board(ask.pipeline, revision, columns, closing, _total(sums.values()))


def _with_held(ask: Ask) -> list[Any]:
    """The stages in order, each with the deals that its limit counts, whosever she sees; where each owner
    has her own limit, those of the owner that is asked for, else of the one who has the most."""
    totals = StageTotal.objects.filter(stage=OuterRef("pk"), owner__isnull=False)
    if ask.owner:
        totals = totals.filter(owner=ask.owner)
    each = totals.order_by().values("owner").annotate(n=Sum("deals")).order_by("-n").values("n")
    # a grouped statement forgets the order of its model
    rows = ask.pipeline.stages.annotate(
        held=Case(
            When(wip_per_owner=True, then=Coalesce(Subquery(each[:1]), 0)),
            default=Coalesce(Sum("totals__deals"), 0),
        ),
    )
    return list(rows.order_by("position", "pk"))


def _sums(user: User, ask: Ask, stages: Iterable[PipelineStage]) -> dict[int, Sums]:
    chance = {stage.pk: stage.chance(ask.pipeline.probability_source) for stage in stages}
    found = _counted(user, ask) if ask.where is not None else _kept(user, ask)
    by_hand = ask.pipeline.counts_manual
    return {
        row["stage"]: summed(row, chance[row["stage"]], by_hand=by_hand)
        for row in found
        if row["stage"] in chance
    }


def _kept(user: User, ask: Ask) -> QuerySet[Any, Any]:
    """From the totals that every change keeps."""
    rows = StageTotal.objects.visible_to(user).filter(stage__pipeline=ask.pipeline)
    if ask.owner:
        rows = rows.filter(owner=ask.owner)
    return by_stage(rows)


def by_stage(rows: QuerySet[StageTotal]) -> QuerySet[Any, Any]:
    """Kept totals added up, a row for each stage; `summed` reads them."""
    return rows.values("stage").annotate(
        n=Sum("deals"),
        blind=Sum("uncounted"),
        money=Sum("amount"),
        typed=Sum("typed_amount"),
        weight=Sum("typed_weight"),
    )


def _counted(user: User, ask: Ask) -> QuerySet[Any, Any]:
    """Of a filter that no totals are kept for: counted now, in one pass over the open deals."""
    typed = Q(probability__isnull=False, base_amount__isnull=False)
    weight = F("base_amount") * F("probability") / Value(Decimal(100))
    zero = Value(Decimal(0))
    return (
        _pool(user, ask)
        .filter(pipeline=ask.pipeline)
        .order_by()
        .values("stage")
        .annotate(
            n=Count("pk"),
            blind=Count("pk", filter=Q(base_amount=None)),
            money=Coalesce(Sum("base_amount"), zero),
            typed=Coalesce(Sum("base_amount", filter=typed), zero),
            weight=Coalesce(Sum(weight, filter=typed, output_field=_MONEY), zero),
        )
    )


def summed(row: Mapping[str, Any], chance: Decimal, *, by_hand: bool) -> Sums:
    """What such deals come to where those without a typed probability have this chance."""
    if row["n"] == row["blind"]:
        return Sums(row["n"], row["blind"])
    typed = row["typed"] if by_hand else Decimal(0)
    weight = row["weight"] if by_hand else Decimal(0)
    weighted = (row["money"] - typed) * chance / 100 + weight
    return Sums(row["n"], row["blind"], row["money"], weighted)


def _total(sums: Iterable[Sums]) -> Sums:
    rows = list(sums)
    money = [one.amount for one in rows if one.amount is not None]
    weighted = [one.weighted for one in rows if one.weighted is not None]
    return Sums(
        sum(one.deals for one in rows),
        sum(one.uncounted for one in rows),
        sum(money, Decimal(0)) if money else None,
        sum(weighted, Decimal(0)) if weighted else None,
    )


def _pool(user: User, ask: Ask) -> QuerySet[Deal]:
    rows = Deal.objects.visible_to(user).open()
    if ask.owner:
        rows = rows.filter(owner=ask.owner)
    return rows if ask.where is None else rows.filter(ask.where)


def _first_cards(user: User, ask: Ask, stages: Sequence[PipelineStage]) -> dict[int, list[Deal]]:
    """The top of each column by its index."""
    if not stages:
        return {}
    pool = _pool(user, ask)
    ids = lanes.tops([(pool.filter(stage=one), ask.limit(one.pk)) for one in stages], ask.sort)
    found: dict[int, list[Deal]] = {stage.pk: [] for stage in stages}
    for deal in ask.sort.ordered(drawn(Deal.objects.filter(pk__in=ids))):
        if len(found[deal.stage_id]) < ask.limit(deal.stage_id):
            found[deal.stage_id].append(deal)
    return found


def drawn(deals: QuerySet[Deal]) -> QuerySet[Deal]:
    """With all that a card shows, and nothing that it does not."""
    return deals.select_related("company", "owner", "lead__score").only(
        "name", "stage_id", "rank", "amount", "currency", "base_amount", "stage_since",
        "expected_close_on", "last_touch_at",
        "next_step_at", "next_step_kind", "version", "status", "pipeline_id", "origin",
        "company__name", "owner__name", "lead__first_name", "lead__last_name", "lead__email",
        "lead__phone", "lead__score__cell", "lead__score__scored_at",
    )  # fmt: skip


def _card(deal: Deal, stage: PipelineStage, at: datetime) -> CardRow:
    health = rules.health(
        at=at,
        stage_since=deal.stage_since,
        last_touch_at=deal.last_touch_at,
        next_step_at=deal.next_step_at,
        pace=rules.Pace(stage.rot_days, stage.expected_days),
    )
    return CardRow(deal, health, stage, _cell(deal.lead))


def _cell(lead: Lead | None) -> str:
    score = getattr(lead, "score", None) if lead else None
    return score.cell if score and score.scored_at else ""


def _cursor(deals: Sequence[Deal], sort: Sort) -> str:
    return lanes.place_of(deals[-1], sort) if deals else ""


def more_cards(user: User, ask: Ask, stage: PipelineStage, cursor: str, until: str = "") -> Column:
    """The next page of a column after `cursor`, by key and never by offset; one that was shown before up
    to the card `until`."""
    at = clock.now()
    sums = _sums(user, ask, [stage]).get(stage.pk, Sums())
    rows = drawn(_pool(user, ask).filter(stage=stage))
    deals = lanes.between(rows, ask.sort, cursor, until, PAGE) if cursor else []
    cards = [_card(deal, stage, at) for deal in deals]
    chance = stage.chance(ask.pipeline.probability_source)
    return Column(stage, sums, cards, _cursor(deals, ask.sort), chance=chance)


def card_of(deal: Deal, at: datetime | None = None) -> CardRow:
    """One deal as its card."""
    return _card(deal, deal.stage, at or clock.now())

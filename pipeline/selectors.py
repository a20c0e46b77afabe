"""What others read of the pipeline: boards, lists and the rows that numbers are made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from leadflow.kit import clock, text
from leadflow.models import Company, Lead
from leadflow.people.access import Scope, scope_of, team_ids
from leadflow.people.models import User
from pipeline import rules
from pipeline.models import (
    Conversion,
    Deal,
    DealLine,
    LostReason,
    Pipeline,
    PipelineStage,
    Product,
    StageKind,
    StageTotal,
)

PAGE = 50
MOST = 500  # cards of one column that a refresh brings back at once


# --- Rows for insights and desk ------------------------------------------------------------------


def deals_of(user: User) -> QuerySet[Deal]:
    """Every living deal that she may see; insights counts on it."""
    return Deal.objects.visible_to(user)


# what the numbers need of a deal
COUNTED = (
    "pk", "lead_id", "source_id", "owner_id", "team_id", "kind", "status", "amount", "base_amount",
    "lost_reason_id", "opened_at", "qualified_at", "won_at", "lost_at",
)  # fmt: skip


def counted_deals(which: Q) -> "QuerySet[Any, Any]":
    """The columns `COUNTED` of the deals whose keys are such, without those in the trash."""
    fields = ("lead__source" if name == "source_id" else name for name in COUNTED)
    return Deal.objects.living().filter(which).order_by().values_list(*fields)


def people_of_deals(which: Q) -> "QuerySet[Any, Any]":
    """The leads of the deals whose keys are such, as a subquery."""
    return Deal.objects.filter(which, lead__isnull=False).order_by().values("lead")


def deal_ids(*, after: int = 0, limit: int | None = None) -> list[int]:
    """The ids of all deals in order, from one on: whoever counts them anew walks so."""
    rows = Deal.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return list(rows[:limit])


def living_deals() -> QuerySet[Any]:
    """The ids of every deal that is not in the trash, as a subquery."""
    return Deal.objects.living().values("pk")


def deals_by_id(ids: Any) -> QuerySet[Deal]:
    """Living deals by a subquery of ids; who may see them is asked apart."""
    return Deal.objects.living().filter(pk__in=ids)


def deals_of_people(lead_ids: Iterable[int]) -> set[int]:
    """The ids of the deals of these people."""
    return set(Deal.objects.filter(lead__in=list(lead_ids)).values_list("pk", flat=True))


def uncounted_reasons() -> list[int]:
    """The reasons that are nobody's loss: a duplicate, bad data."""
    return list(LostReason.objects.filter(counts=False).values_list("pk", flat=True))


def reason_names() -> dict[int, str]:
    """What each reason is called."""
    return dict(LostReason.objects.values_list("pk", "name"))


def open_deals(user: User, *, pipeline: int | None = None) -> QuerySet[Deal]:
    """The open deals that she may see."""
    rows = Deal.objects.visible_to(user).open()
    return rows.filter(pipeline=pipeline) if pipeline else rows


def won_between(user: User, start: datetime, end: datetime) -> QuerySet[Deal]:
    """Deals won in [start, end) by their last closing."""
    return Deal.objects.visible_to(user).won().filter(won_at__gte=start, won_at__lt=end)


def lost_between(user: User, start: datetime, end: datetime) -> QuerySet[Deal]:
    """Deals lost in [start, end); `lost_reason__counts` says which belong in a win rate."""
    return Deal.objects.visible_to(user).lost().filter(lost_at__gte=start, lost_at__lt=end)


def opened_between(user: User, start: datetime, end: datetime) -> QuerySet[Deal]:
    """Deals opened in [start, end), whatever became of them."""
    return Deal.objects.visible_to(user).filter(opened_at__gte=start, opened_at__lt=end)


def undated(user: User) -> QuerySet[Deal]:
    """Deals that came without a date: on the board, in no number over time."""
    return Deal.objects.visible_to(user).filter(opened_at=None)


def deals_of_lead(user: User, lead_id: int) -> QuerySet[Deal]:
    """The deals of a person: those that are hers, and those that she was converted into."""
    joined = Conversion.objects.filter(lead=lead_id, deal__isnull=False).values("deal")
    return _shown(Deal.objects.visible_to(user).filter(Q(lead=lead_id) | Q(pk__in=joined)))


def deals_of_company(user: User, company_id: int) -> QuerySet[Deal]:
    """The deals of a company, the newest first."""
    return _shown(Deal.objects.visible_to(user).filter(company=company_id))


def _shown(deals: QuerySet[Deal]) -> QuerySet[Deal]:
    return deals.select_related("stage", "owner", "company").order_by("-created_at", "-pk")


def found(user: User, words: str, limit: int = 8) -> QuerySet[Deal]:
    """Deals whose name, company or person holds these words; for search and palette."""
    rows = Deal.objects.visible_to(user).select_related("stage", "company")
    for word in text.search_text(words).split()[:6]:
        rows = rows.filter(search_text__contains=word)
    return rows.order_by("-created_at", "-pk")[:limit]


def without_next_step(user: User, at: datetime | None = None) -> QuerySet[Deal]:
    """Her own open deals with no step ahead; for her day."""
    none_ahead = Q(next_step_at=None) | Q(next_step_at__lt=at or clock.now())
    return open_deals(user).filter(none_ahead, owner=user).select_related("stage", "company")


def companies_like(user: User, lead: Lead) -> QuerySet[Company]:
    """The lead's company and those that look like it by name; what a conversion offers."""
    rows = Company.objects.visible_to(user)
    if lead.company_id is None or lead.company is None:
        return rows.none()
    first = lead.company.name_norm.split(" ")[0]
    alike = Q(pk=lead.company_id)
    if len(first) > 3:
        alike |= Q(name_norm__startswith=first)
    first_ones = rows.filter(alike).order_by("name").values_list("pk", flat=True)[:20]
    return rows.filter(pk__in=list(first_ones)).order_by("name")


def deals_to_join(user: User, lead: Lead) -> QuerySet[Deal]:
    """Open deals that a lead may join: those of her company, and hers."""
    mine = Q(lead=lead)
    if lead.company_id:
        mine |= Q(company=lead.company_id)
    rows = Deal.objects.visible_to(user, "deal.edit").open().filter(mine)
    return rows.select_related("stage", "company").order_by("-created_at", "-pk")


def conversion_of(lead: Lead) -> Conversion | None:
    """The conversion of her present cycle, if there was one."""
    latest = lead.cycles.order_by("-number").values("pk")[:1]
    return Conversion.objects.filter(cycle__in=latest).select_related("deal", "company").first()


def lines_of(deal: Deal) -> QuerySet[DealLine]:
    """The lines of a deal in order."""
    return deal.lines.select_related("product")


def possible_owners(user: User, permission: str = "deal.edit") -> QuerySet[User]:
    """Those to whom she may give a deal: herself, her teams' people, or everybody who can own one."""
    scope = scope_of(user, permission)
    owners: QuerySet[User] = User.objects.can_own()
    if scope == Scope.ALL:
        return owners
    if scope == Scope.TEAM:
        return owners.filter(Q(pk=user.pk) | Q(memberships__team__in=team_ids(user))).distinct()
    return owners.filter(pk=user.pk)


def open_stages(pipeline: Pipeline | None = None) -> QuerySet[PipelineStage]:
    """Where an open deal may stand, in order; of all pipelines in use where none is named."""
    rows = PipelineStage.objects.filter(kind=StageKind.OPEN, pipeline__archived_at=None)
    rows = rows.filter(pipeline=pipeline) if pipeline else rows
    return rows.select_related("pipeline").order_by("pipeline__position", "pipeline", "position")


def lost_reasons() -> QuerySet[LostReason]:
    """The reasons that are offered."""
    return LostReason.objects.filter(is_active=True)


def products() -> QuerySet[Product]:
    """The products that are offered."""
    return Product.objects.filter(is_active=True)


def pipelines() -> QuerySet[Pipeline]:
    """The pipelines in use, the default first."""
    return Pipeline.objects.in_use()


def owners_of(user: User, pipeline: Pipeline) -> QuerySet[User]:
    """Those whose open deals she sees on this board; for the filter."""
    held = StageTotal.objects.visible_to(user).filter(stage__pipeline=pipeline, deals__gt=0)
    owners: QuerySet[User] = User.objects.filter(pk__in=held.values("owner"))
    return owners


def revision_of(pipeline_id: int) -> int:
    """The number that an open board compares; 0 where there is no such pipeline."""
    rows = Pipeline.objects.filter(pk=pipeline_id).values_list("revision__number", flat=True)
    return rows.first() or 0


# --- The board -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sort:
    """An order of the cards in a column: the field it goes by, and what people call it."""

    key: str
    field: str
    read: Callable[[str], Any]  # the value of a cursor, None for one that was made up
    is_nullable: bool = False


def _moment(word: str) -> datetime | None:
    try:
        return datetime.fromisoformat(word)
    except ValueError:
        return None


def _rank(word: str) -> str | None:
    return word if set(word) <= set(rules.DIGITS) else None


SORTS = {
    "next": Sort("next", "next_step_at", _moment, is_nullable=True),
    "rank": Sort("rank", "rank", _rank),
}


@dataclass(frozen=True)
class Ask:
    """Which board somebody looks at. `shown` says how many cards of a column she had opened."""

    pipeline: Pipeline
    sort: Sort = SORTS["next"]
    owner: int | None = None
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
    stages = list(ask.pipeline.stages.all())
    open_stages = [stage for stage in stages if stage.kind == StageKind.OPEN]
    sums = _sums(user, ask, open_stages)
    cards = _first_cards(user, ask, open_stages)
    columns = [
        Column(
            stage,
            sums.get(stage.pk, Sums()),
            [_card(deal, stage, at) for deal in cards.get(stage.pk, [])],
            _cursor(cards.get(stage.pk, []), ask.sort),
        )
        for stage in open_stages
    ]
    closing = [stage for stage in stages if stage.kind != StageKind.OPEN]
    return Board(ask.pipeline, revision, columns, closing, _total(sums.values()))


def _sums(user: User, ask: Ask, stages: Iterable[PipelineStage]) -> dict[int, Sums]:
    rows = StageTotal.objects.visible_to(user).filter(stage__pipeline=ask.pipeline)
    if ask.owner:
        rows = rows.filter(owner=ask.owner)
    probability = {stage.pk: stage.probability for stage in stages}
    found = rows.values("stage").annotate(
        n=Sum("deals"),
        blind=Sum("uncounted"),
        money=Sum("amount"),
        typed=Sum("typed_amount"),
        weight=Sum("typed_weight"),
    )
    by_hand = ask.pipeline.counts_manual
    return {
        row["stage"]: _sum(row, probability[row["stage"]], by_hand=by_hand)
        for row in found
        if row["stage"] in probability
    }


def _sum(row: Mapping[str, Any], probability: int, *, by_hand: bool) -> Sums:
    if row["n"] == row["blind"]:
        return Sums(row["n"], row["blind"])
    typed = row["typed"] if by_hand else Decimal(0)
    weight = row["weight"] if by_hand else Decimal(0)
    weighted = (row["money"] - typed) * probability / 100 + weight
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


def _pool(user: User, owner: int | None) -> QuerySet[Deal]:
    rows = Deal.objects.visible_to(user).open()
    return rows.filter(owner=owner) if owner else rows


def _first_cards(user: User, ask: Ask, stages: list[PipelineStage]) -> dict[int, list[Deal]]:
    """The top of each column by its index: a union of one ordered, limited read a column.

    A window over all deals would read every one of them: 148 times as slow at 200,000.
    """
    if not stages:
        return {}
    tops = [
        _ordered(_pool(user, ask.owner).filter(stage=stage), ask.sort).values("pk")[
            : ask.limit(stage.pk)
        ]
        for stage in stages
    ]
    ids = tops[0].union(*tops[1:], all=True) if len(tops) > 1 else tops[0]
    found: dict[int, list[Deal]] = {}
    for deal in _ordered(_drawn(Deal.objects.filter(pk__in=ids)), ask.sort):
        found.setdefault(deal.stage_id, []).append(deal)
    return found


def _drawn(deals: QuerySet[Deal]) -> QuerySet[Deal]:
    """With all that a card shows, and nothing that it does not."""
    return deals.select_related("company", "owner", "lead__score").only(
        "name", "stage_id", "rank", "amount", "currency", "stage_since", "last_touch_at",
        "next_step_at", "next_step_kind", "version", "status", "pipeline_id", "origin",
        "company__name", "owner__name", "lead__first_name", "lead__last_name", "lead__email",
        "lead__phone", "lead__score__cell", "lead__score__scored_at",
    )  # fmt: skip


def _ordered(deals: QuerySet[Deal], sort: Sort) -> QuerySet[Deal]:
    return deals.order_by(F(sort.field).asc(), "pk")


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
    if not deals:
        return ""
    value = getattr(deals[-1], sort.field)
    plain = value.isoformat() if isinstance(value, datetime) else (value or "")
    return f"{plain}~{deals[-1].pk}"


def more_cards(
    user: User, ask: Ask, stage: PipelineStage, cursor: str, at: datetime | None = None
) -> Column:
    """The next page of a column after `cursor`, by key and never by offset."""
    at = at or clock.now()
    sums = _sums(user, ask, [stage]).get(stage.pk, Sums())
    rows = _after(_pool(user, ask.owner).filter(stage=stage), ask.sort, cursor)
    deals = list(_ordered(_drawn(rows), ask.sort)[:PAGE])
    cards = [_card(deal, stage, at) for deal in deals]
    return Column(stage, sums, cards, _cursor(deals, ask.sort))


def _after(deals: QuerySet[Deal], sort: Sort, cursor: str) -> QuerySet[Deal]:
    text_value, _sep, key = cursor.rpartition("~")
    value = sort.read(text_value) if text_value else None
    if not (key.isascii() and key.isdigit()) or (text_value and value is None):
        return deals.none()
    same = Q(**{sort.field: value}, pk__gt=int(key))
    if value is None:
        return deals.filter(same)
    later = Q(**{f"{sort.field}__gt": value}) | same
    return deals.filter(later | Q(**{sort.field: None}) if sort.is_nullable else later)


def card_of(deal: Deal, at: datetime | None = None) -> CardRow:
    """One deal as its card."""
    return _card(deal, deal.stage, at or clock.now())

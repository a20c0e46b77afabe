"""What others read of the pipeline: boards, lists and the rows that numbers are made of."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Sum, Value, Window
from django.db.models.functions import Cast, Coalesce, Concat, RowNumber

from leadflow.kit import clock, text
from leadflow.kit.remembering import remembered
from leadflow.models import Activity, Company, Lead, Organisation
from leadflow.people.access import Scope, scope_of, team_ids
from leadflow.people.models import User
from leadflow.services import companies
from pipeline import rules
from pipeline.models import (
    Conversion,
    Deal,
    DealLine,
    DealSplit,
    DealTick,
    LostReason,
    Pipeline,
    PipelineStage,
    Product,
    StageKind,
)
from pipeline.selectors.kanban import (
    MOST,
    PAGE,
    SORTS,
    Ask,
    Board,
    CardRow,
    Column,
    Sums,
    board,
    card_of,
    more_cards,
    owners_of,
    revision_of,
)

# of the board; the rest is defined below
__all__ = [
    "MOST",
    "PAGE",
    "SORTS",
    "Ask",
    "Board",
    "CardRow",
    "Column",
    "Sums",
    "board",
    "card_of",
    "more_cards",
    "owners_of",
    "revision_of",
]

# --- Rows for insights and desk ------------------------------------------------------------------


def deals_of(user: User) -> QuerySet[Deal]:
    """Every living deal that she may see; insights counts on it."""
    return Deal.objects.visible_to(user)


# when a deal began: one that an import brought is older than its row
BEGAN = Coalesce("opened_at", "created_at")
# what the numbers need of a deal
COUNTED = (
    "pk", "lead_id", "source_id", "owner_id", "team_id", "kind", "status", "amount", "base_amount",
    "lost_reason_id", "opened_at", "qualified_at", "won_at", "lost_at",
)  # fmt: skip


def counted_deals(which: Q) -> "QuerySet[Any, Any]":
    """The columns `COUNTED` of the deals whose keys are such, without those in the trash."""
    fields = ("lead__source" if name == "source_id" else name for name in COUNTED)
    return Deal.objects.living().filter(which).order_by().values_list(*fields)


def shares_of_deals(which: Q) -> "QuerySet[Any, Any]":
    """Who shares the revenue of the deals whose keys are such: deal, person, her team, per cent, place.

    The places of a deal begin with 1, the largest share; a deal without shares has no row.
    """
    in_turn = Window(RowNumber(), partition_by="deal_id", order_by=("-share", "pk"))
    rows = DealSplit.objects.filter(
        kind=DealSplit.Kind.REVENUE, deal__in=Deal.objects.filter(which).order_by().values("pk")
    )
    return rows.order_by().values_list("deal_id", "user_id", "team_id", "share", in_turn)


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


def touched_by(campaign_id: int, deals: QuerySet[Deal], before: str) -> QuerySet[Deal]:
    """Those of these deals of which somebody was touched by a campaign before the time in `before`.

    Who takes part is the person of the deal and whoever has a role in it.
    """
    found = Q()
    for person in ("lead", "people__lead"):
        touch = f"{person}__touchpoints"
        rows = Deal.objects.annotate(began=BEGAN).filter(
            **{f"{touch}__campaign": campaign_id, f"{touch}__occurred_at__lt": F(before)}
        )
        found |= Q(pk__in=rows.order_by().values("pk"))
    return deals.filter(found)


def deals_of_people(lead_ids: Iterable[int]) -> set[int]:
    """The ids of the deals of these people."""
    return set(Deal.objects.filter(lead__in=list(lead_ids)).values_list("pk", flat=True))


class Reason(NamedTuple):
    """Why deals are lost; one that does not count is nobody's loss: a duplicate, bad data."""

    name: str
    counts: bool


def reasons() -> dict[int, Reason]:
    """Every reason by its id."""
    rows = LostReason.objects.values_list("pk", "name", "counts")
    return {pk: Reason(name, counts) for pk, name, counts in rows}


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
    joined = Conversion.objects.filter(lead=lead_id, undone_at=None, deal__isnull=False)
    mine = Q(lead=lead_id) | Q(pk__in=joined.values("deal"))
    return _shown(Deal.objects.visible_to(user).filter(mine))


def open_deals_of(user: User, lead_id: int) -> QuerySet[Deal]:
    """The open deals of a person, the newest first."""
    return deals_of_lead(user, lead_id).filter(status=StageKind.OPEN)


def open_deal_of(user: User, lead_id: int) -> Deal | None:
    """The newest open deal of a person; None where there is none."""
    return open_deals_of(user, lead_id).first()


def worth_of_leads(user: User, lead_ids: Iterable[int]) -> dict[int, Decimal]:
    """What the open deals with each of these people may bring, in the base currency."""
    rows = Deal.objects.visible_to(user).open().filter(lead__in=list(lead_ids))
    sums = rows.exclude(base_amount=None).values("lead").annotate(worth=Sum("base_amount"))
    return {row["lead"]: row["worth"] for row in sums.order_by()}


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


def without_next_step(user: User) -> QuerySet[Deal]:
    """Her own open deals on which, and with whose person, nothing is to be done, the largest first.

    Plans are looked up: what a deal keeps of them is written a moment later.
    """
    ref = Concat(Value("deal:"), Cast(OuterRef("pk"), CharField()))
    plans = Activity.objects.open()
    rows = open_deals(user).filter(owner=user, next_step_at=None)
    return rows.exclude(
        Exists(plans.filter(subject_ref=ref)) | Exists(plans.filter(lead=OuterRef("lead")))
    ).order_by(F("base_amount").desc(nulls_last=True), "pk")


def companies_like(user: User, lead: Lead, typed: str = "") -> QuerySet[Company]:
    """What a conversion offers: the lead's company, that of her mail domain, and those whose names begin
    as hers or as the `typed` one."""
    rows = Company.objects.visible_to(user)
    alike = Q(pk=lead.company_id)
    if host := companies.domain_of(lead.email):
        alike |= Q(domain=host)
    for name in (lead.company.name_norm if lead.company else "", text.search_text(typed)):
        first = name.split(" ")[0]
        if len(first) > 2:
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


def conversions_of(lead: Lead) -> QuerySet[Conversion]:
    """The conversion of her present cycle that stands, if there is one."""
    latest = lead.cycles.order_by("-number").values("pk")[:1]
    return Conversion.objects.filter(cycle__in=latest, undone_at=None)


def conversion_of(lead: Lead) -> Conversion | None:
    """The same as one."""
    return conversions_of(lead).select_related("deal", "company").first()


def conversion_to_undo(lead_id: int) -> Conversion | None:
    """The latest conversion of a person that stands; what `unconverting` takes back first."""
    rows = Conversion.objects.filter(lead=lead_id, undone_at=None)
    return rows.select_related("deal__stage", "company", "lead", "by").order_by("-at").first()


def conversion_into(deal: Deal, user: User) -> Conversion | None:
    """The latest conversion into this deal that she may take back, while that is possible."""
    young = clock.now() - timedelta(days=rules.UNDO_DAYS)
    rows = Conversion.objects.filter(deal=deal, undone_at=None, at__gte=young)
    mine = rows.filter(lead__in=Lead.objects.visible_to(user, "lead.advance"))
    return mine.order_by("-pk").first()


def lines_of(deal: Deal) -> QuerySet[DealLine]:
    """The lines of a deal in order."""
    return deal.lines.select_related("product")


def worth_of(lines: Sequence[DealLine]) -> rules.Worth:
    """One-off, recurring, ACV, TCV and the tax on top, of these lines."""
    usual = Organisation.current().tax_rate
    return rules.worth_of([line.counted(usual) for line in lines])


def ticks_of(deal: Deal) -> QuerySet[DealTick]:
    """What was ticked for a deal: by whom and when, in that order."""
    return deal.ticks.select_related("check_line__stage", "by")


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
    rows = stages().filter(kind=StageKind.OPEN)
    return rows.filter(pipeline=pipeline) if pipeline else rows


def stages() -> QuerySet[PipelineStage]:
    """Every stage of the pipelines in use, in order."""
    rows = PipelineStage.objects.filter(pipeline__archived_at=None).select_related("pipeline")
    return rows.order_by("pipeline__position", "pipeline", "position")


def lost_reasons() -> QuerySet[LostReason]:
    """The reasons that are offered."""
    return LostReason.objects.filter(is_active=True)


def products() -> QuerySet[Product]:
    """The products that are offered."""
    return Product.objects.filter(is_active=True)


def pipelines() -> QuerySet[Pipeline]:
    """The pipelines in use, the default first."""
    return Pipeline.objects.in_use()


@remembered
def pipelines_in_use() -> list[Pipeline]:
    """The same as a list, for a page that shows the one and names the others."""
    return list(pipelines())

"""The forecast: open deals by the month in which they are expected to close, with what is late or undated."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from leadflow.people.models import User
from leadflow.web import lanes
from pipeline.models import Deal, ForecastCategory, Pipeline
from pipeline.selectors.chances import chance_in
from pipeline.selectors.kanban import MOST, PAGE, SORTS, drawn

MONTHS = 6  # from this one on
OVERDUE, LATER, UNDATED = "overdue", "later", "undated"
SORT = SORTS["closes"]


@dataclass(frozen=True)
class Ask:
    """Whose deals of which pipeline, counted from which day."""

    pipeline: Pipeline
    today: date
    where: Q | None = None
    shown: tuple[tuple[str, int], ...] = ()

    def limit(self, key: str) -> int:
        """How many cards of a column to bring."""
        return min(max(dict(self.shown).get(key, PAGE), PAGE), MOST)


@dataclass
class Sums:
    """What closes in a column: count, money and weight in the base currency, money by category."""

    deals: int = 0
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    by_category: dict[str, Decimal] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a group in."""
        self.deals += row["n"]
        self.amount += row["money"]
        self.weighted += row["weight"]
        kept = self.by_category.get(row["category"], Decimal(0))
        self.by_category[row["category"]] = kept + row["money"]


@dataclass(frozen=True)
class Column:
    """A month, or what lies outside of them, with its first cards."""

    key: str
    sums: Sums
    cards: Sequence[Deal]
    cursor: str


@dataclass(frozen=True)
class Forecast:
    """The columns, and the same sums by owner: {owner id: {column: sums}}."""

    columns: Sequence[Column]
    by_owner: dict[int | None, dict[str, Sums]]


def months(today: date) -> list[date]:
    """The first days of the months that are shown, and of the one after them."""
    firsts = [today.replace(day=1)]
    for _each in range(MONTHS):
        firsts.append((firsts[-1] + timedelta(days=32)).replace(day=1))
    return firsts


def key_of(first: date) -> str:
    """A month as its column is called: 2026-12."""
    return f"{first:%Y-%m}"


def keys(today: date) -> list[str]:
    """The columns in order."""
    return [OVERDUE, *map(key_of, months(today)[:-1]), LATER, UNDATED]


def day_in(key: str, was: date | None, today: date) -> date | None:
    """The day on which a deal closes that was put into a month: the same day of it, never a past one;
    its last where the deal had none. None for undated. Raises ValueError for what is no month shown."""
    if key == UNDATED:
        return None
    if key not in map(key_of, months(today)[:-1]):
        raise ValueError(key)
    year, month = map(int, key.split("-"))
    last = monthrange(year, month)[1]
    return max(date(year, month, min(was.day if was else last, last)), today)


def pool(user: User, ask: Ask) -> QuerySet[Deal]:
    """The open deals that a forecast counts: stages that are left out of it are."""
    rows = Deal.objects.visible_to(user).open().filter(pipeline=ask.pipeline)
    rows = rows.exclude(stage__category=ForecastCategory.OMITTED)
    return rows if ask.where is None else rows.filter(ask.where)


def lane(rows: QuerySet[Deal], key: str, today: date) -> QuerySet[Deal]:
    """The deals of one column."""
    firsts = months(today)
    if key == UNDATED:
        return rows.filter(expected_close_on=None)
    if key == OVERDUE:
        return rows.filter(expected_close_on__lt=today)
    if key == LATER:
        return rows.filter(expected_close_on__gte=firsts[-1])
    first = next(one for one in firsts if key_of(one) == key)
    end = (first + timedelta(days=32)).replace(day=1)
    return rows.filter(expected_close_on__gte=max(first, today), expected_close_on__lt=end)


def forecast(user: User, ask: Ask) -> Forecast:
    """All columns in three queries, however many deals there are."""
    rows, wanted = pool(user, ask), keys(ask.today)
    ids = lanes.tops([(lane(rows, key, ask.today), ask.limit(key)) for key in wanted], SORT)
    found: dict[str, list[Deal]] = {key: [] for key in wanted}
    for deal in _staged(ask, SORT.ordered(drawn(Deal.objects.filter(pk__in=ids)))):
        found[_key_of(deal, ask.today)].append(deal)
    sums = {key: Sums() for key in wanted}
    by_owner: dict[int | None, dict[str, Sums]] = {}
    for row in _grouped(rows, ask):
        sums[row["column"]].add(row)
        by_owner.setdefault(row["owner"], {}).setdefault(row["column"], Sums()).add(row)
    columns = [_column(key, sums[key], found[key]) for key in wanted]
    return Forecast(columns, by_owner)


def more(user: User, ask: Ask, key: str, cursor: str) -> Column:
    """The next page of one column after `cursor`."""
    rows = lane(pool(user, ask), key, ask.today)
    sums = Sums(deals=rows.count())
    cards = lanes.page(drawn(rows), SORT, cursor, PAGE) if cursor else []
    return _column(key, sums, _staged(ask, cards))


def _staged(ask: Ask, deals: Iterable[Deal]) -> list[Deal]:
    """The deals with their stages, which are read once."""
    stages, rows = {stage.pk: stage for stage in ask.pipeline.stages.all()}, list(deals)
    for deal in rows:
        deal.stage = stages[deal.stage_id]
    return rows


def _column(key: str, sums: Sums, cards: Sequence[Deal]) -> Column:
    return Column(key, sums, cards, lanes.place_of(cards[-1], SORT) if cards else "")


def _key_of(deal: Deal, today: date) -> str:
    on = deal.expected_close_on
    if on is None:
        return UNDATED
    if on < today:
        return OVERDUE
    return LATER if on >= months(today)[-1] else key_of(on)


def _grouped(rows: QuerySet[Deal], ask: Ask) -> QuerySet[Any, Any]:
    firsts = months(ask.today)
    ends = zip(firsts[1:], firsts, strict=False)
    column = Case(
        When(expected_close_on=None, then=Value(UNDATED)),
        When(expected_close_on__lt=ask.today, then=Value(OVERDUE)),
        *(When(expected_close_on__lt=end, then=Value(key_of(first))) for end, first in ends),
        default=Value(LATER),
        output_field=CharField(),
    )
    chance = chance_in(ask.pipeline)
    zero = Value(Decimal(0))
    return (
        rows.order_by()
        .annotate(column=column, category=F("stage__category"))
        .values("column", "category", "owner")
        .annotate(
            n=Count("pk"),
            money=Coalesce(Sum("base_amount"), zero),
            weight=Coalesce(Sum(F("base_amount") * chance / Value(Decimal(100))), zero),
        )
    )

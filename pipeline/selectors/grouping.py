"""Deals in groups: how many, how much and how likely, by stage, owner, source, reason or month."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, F, FilteredRelation, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth

from leadflow.models import Source
from leadflow.people.models import User
from pipeline.models import Deal, DealSplit, LostReason, PipelineStage, StageKind
from pipeline.selectors.chances import CHANCE

MOST = 40  # groups that are shown; those beyond are summed
ZERO = Value(Decimal(0))


class Group(NamedTuple):
    """One bar: `key` is an id, a choice or the first day of a month; None where the deal has none.

    Money is in the base currency. `amount` is missing where no deal of the group has one.
    """

    key: Any
    label: str
    deals: int
    amount: Decimal | None
    weighted: Decimal


@dataclass(frozen=True)
class Dimension:
    """What deals are grouped by: the expression, the names of its keys, and the order of the bars."""

    by: Any
    names: Callable[[Sequence[Any]], Mapping[Any, str]] | None = None
    order: Callable[[Sequence[Any]], Sequence[Any]] | None = None
    month_of: str = ""
    part: Any = None  # how much of each deal is this key's, where a deal is shared
    joined: Callable[[QuerySet[Deal]], QuerySet[Deal]] | None = None  # what the key is read from

    @property
    def is_month(self) -> bool:
        """Whether its bars follow one another in time."""
        return bool(self.month_of)


def _stage_names(ids: Sequence[int]) -> Mapping[int, str]:
    """A stage by its name, with its pipeline where there is more than one."""
    rows = PipelineStage.objects.filter(pk__in=ids).select_related("pipeline")
    several = len({row.pipeline_id for row in rows}) > 1
    return {r.pk: f"{r.pipeline.name}: {r.name}" if several else r.name for r in rows}


def _stage_order(ids: Sequence[int]) -> Sequence[int]:
    rows = PipelineStage.objects.filter(pk__in=ids)
    in_order = rows.order_by("pipeline__position", "pipeline_id", "position")
    return list(in_order.values_list("pk", flat=True))


def _named(model: Any) -> Callable[[Sequence[int]], Mapping[int, str]]:
    return lambda ids: dict(model.objects.filter(pk__in=ids).values_list("pk", "name"))


def _month(field: str) -> Dimension:
    return Dimension(TruncMonth(field), month_of=field)


def _with_splits(rows: QuerySet[Deal]) -> QuerySet[Deal]:
    """A row for each share of revenue; a deal without shares stays one row, its owner's."""
    revenue = FilteredRelation("splits", condition=Q(splits__kind=DealSplit.Kind.REVENUE))
    return rows.annotate(credit=revenue)


_WHOLE = Value(Decimal(100))
DIMENSIONS: dict[str, Dimension] = {
    "stage": Dimension(F("stage_id"), _stage_names, _stage_order),
    "owner": Dimension(F("owner_id"), _named(User)),
    "credit": Dimension(
        Coalesce("credit__user_id", "owner_id"),
        _named(User),
        part=Coalesce("credit__share", _WHOLE) / _WHOLE,
        joined=_with_splits,
    ),
    "source": Dimension(F("lead__source_id"), _named(Source)),
    "status": Dimension(F("status"), lambda _keys: {k: str(v) for k, v in StageKind.choices}),
    "kind": Dimension(F("kind"), lambda _keys: {k: str(v) for k, v in Deal.Kind.choices}),
    "reason": Dimension(F("lost_reason_id"), _named(LostReason)),
    "opened": _month("opened_at"),
    "closes": _month("expected_close_on"),
    "won": _month("won_at"),
    "lost": _month("lost_at"),
}


def groups(rows: QuerySet[Deal], by: str, *, nothing: str, rest: str) -> list[Group]:
    """The deals in groups, largest first, months in order; two queries however many deals there are.

    `nothing` names the deals without such a value. Of a month, those without a date stand in no bar:
    a month is asked of deals that have one.
    """
    dimension = DIMENSIONS[by]
    if dimension.month_of:
        rows = rows.exclude(**{dimension.month_of: None})
    found = [Group(row.pop("key"), "", **row) for row in _sums(rows, dimension)]
    keys = [one.key for one in found if one.key is not None]
    names = dimension.names(keys) if dimension.names else {}
    named = [one._replace(label=names.get(one.key, nothing)) for one in found]
    if dimension.is_month:
        return sorted(named, key=lambda one: one.key)[-MOST:]
    if dimension.order:
        place = {key: n for n, key in enumerate(dimension.order(keys))}
        return sorted(named, key=lambda one: place.get(one.key, len(place)))[:MOST]
    return _most(named, rest)


def _most(found: list[Group], rest: str) -> list[Group]:
    ordered = sorted(found, key=lambda one: (-one.deals, one.label))
    shown, beyond = ordered[:MOST], ordered[MOST:]
    if not beyond:
        return shown
    amounts = [one.amount for one in beyond if one.amount is not None]
    amount = sum(amounts, Decimal(0)) if amounts else None
    weighted = sum((one.weighted for one in beyond), Decimal(0))
    return [*shown, Group(None, rest, sum(one.deals for one in beyond), amount, weighted)]


def _sums(rows: QuerySet[Deal], dimension: Dimension) -> QuerySet[Any, Any]:
    """A won deal is worth all of it, a lost one nothing, an open one what its pipeline counts."""
    worth = F("base_amount") if dimension.part is None else F("base_amount") * dimension.part
    rows = dimension.joined(rows) if dimension.joined else rows
    likely = worth * CHANCE / _WHOLE
    return (
        rows.order_by()
        .annotate(key=dimension.by)
        .values("key")
        .annotate(
            deals=Count("pk"),
            amount=Sum(worth),
            weighted=Coalesce(Sum(likely, filter=Q(status=StageKind.OPEN)), ZERO)
            + Coalesce(Sum(worth, filter=Q(status=StageKind.WON)), ZERO),
        )
    )

"""How likely a deal is: by its stage, by what came of the deals there, by hand; and which one counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, When
from django.db.models.functions import Coalesce

from pipeline.models import Deal, Pipeline, StageKind, StageTotal
from pipeline.selectors.kanban import by_stage, summed

Source = Pipeline.Source

_BY: dict[str, Any] = {
    Source.STAGE: F("stage__probability"),
    Source.HISTORICAL: Coalesce("stage__historical", "stage__probability"),
    Source.MANUAL: Coalesce("probability", "stage__probability"),
}
# The probability in per cent that counts for an open deal, in whichever pipeline it stands.
CHANCE = Case(
    *(When(pipeline__probability_source=source, then=chance) for source, chance in _BY.items()),
    output_field=DecimalField(max_digits=4, decimal_places=1),
)


def chance_in(pipeline: Pipeline) -> Any:
    """The same expression where the pipeline of the deals is known."""
    return _BY[pipeline.probability_source]


@dataclass(frozen=True, slots=True)
class Chance:
    """One of a deal's probabilities; `value` is missing where nobody counted or typed it yet.

    `decided` and `won` say of how many deals the historical one is made; `since` is when it was counted,
    or when the manual one was typed.
    """

    source: str
    value: Decimal | None
    counts: bool
    decided: int = 0
    won: int = 0
    since: datetime | None = None


def chances_of(deal: Deal) -> list[Chance]:
    """All three, and which one its pipeline counts: the stage's where the chosen one is missing."""
    stage, chosen = deal.stage, deal.pipeline.probability_source
    typed = None if deal.probability is None else Decimal(deal.probability)
    known = {
        Source.STAGE: Decimal(stage.probability),
        Source.HISTORICAL: stage.historical,
        Source.MANUAL: typed,
    }
    counted = chosen if known[Source(chosen)] is not None else Source.STAGE
    return [
        Chance(Source.STAGE, known[Source.STAGE], counted == Source.STAGE),
        Chance(
            Source.HISTORICAL, stage.historical, counted == Source.HISTORICAL, stage.decided,
            stage.decided_won, stage.historical_at,
        ),
        Chance(Source.MANUAL, typed, counted == Source.MANUAL, since=deal.probability_at),
    ]  # fmt: skip


def counted(deal: Deal) -> Decimal:
    """The probability that counts for an open deal, in per cent."""
    found = next(one.value for one in chances_of(deal) if one.counts)
    return found or Decimal(0)


@dataclass(frozen=True, slots=True)
class Weight:
    """What the open deals of a pipeline weigh by one source, in the base currency."""

    source: str
    label: str
    weighted: Decimal
    is_chosen: bool


def weights_of(pipeline: Pipeline) -> Sequence[Weight]:
    """What everybody's open deals would weigh by each source, from the kept totals; nothing is changed."""
    stages = {one.pk: one for one in pipeline.stages.filter(kind=StageKind.OPEN)}
    rows = list(by_stage(StageTotal.objects.filter(stage__in=stages)))
    return [
        Weight(
            source, str(Source(source).label), _weight(rows, stages, source),
            source == pipeline.probability_source,
        )
        for source in Source.values
    ]  # fmt: skip


def _weight(rows: Sequence[Any], stages: dict[int, Any], source: str) -> Decimal:
    by_hand = source == Source.MANUAL
    sums = (summed(row, stages[row["stage"]].chance(source), by_hand=by_hand) for row in rows)
    return sum((one.weighted for one in sums if one.weighted is not None), Decimal(0))

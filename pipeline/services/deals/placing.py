"""Where in a column a card stands."""

from django.db.models import Max, Min
from django.db.models.functions import Length

from pipeline import rules
from pipeline.models import Deal, PipelineStage
from pipeline.models.deal import OPEN


def rank_in(
    stage: PipelineStage, *, above: int | None = None, below: int | None = None, but: int = 0
) -> str:
    """The rank right under the card `above`, else right over the card `below`, else at the top.

    A neighbour that has left the column is ignored. The caller holds the board's lock, so two drops
    into one slot get two ranks. `but` is the card that is being placed.
    """
    column = Deal.objects.filter(OPEN, stage=stage).exclude(pk=but)
    near = dict(column.filter(pk__in=[above, below]).values_list("pk", "rank"))
    low = high = None
    if above in near:
        low = near[above]
        high = column.filter(rank__gt=low).aggregate(next=Min("rank"))["next"]
    else:
        high = near.get(below) if below else None
        if high is None:
            high = column.aggregate(first=Min("rank"))["first"]
        else:
            low = column.filter(rank__lt=high).aggregate(last=Max("rank"))["last"]
    rank = rules.between(low, high)
    if len(rank) <= rules.LONGEST:
        return rank
    spread(stage)
    return rank_in(stage, above=above, below=below, but=but)


def last_in(stage: PipelineStage) -> str | None:
    """The rank of the lowest card of a column."""
    found: str | None = Deal.objects.filter(OPEN, stage=stage).aggregate(n=Max("rank"))["n"]
    return found


def spread(stage: PipelineStage) -> int:
    """Give a column fresh short ranks in the same order; the caller holds the board's lock."""
    ids = list(
        Deal.objects.filter(OPEN, stage=stage).order_by("rank", "pk").values_list("pk", flat=True)
    )
    rows = [Deal(pk=pk, rank=rank) for pk, rank in zip(ids, rules.spread(len(ids)), strict=True)]
    Deal.objects.bulk_update(rows, ["rank"], batch_size=2_000)
    return len(rows)


def tired_stages() -> list[PipelineStage]:
    """The columns whose ranks have grown long enough to be worth spreading."""
    long_ranks = (
        Deal.objects.filter(OPEN).annotate(size=Length("rank")).filter(size__gt=rules.TIRED)
    )
    return list(PipelineStage.objects.filter(pk__in=long_ranks.values("stage")))

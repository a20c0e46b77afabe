"""The arithmetic of the KPIs, on plain numbers; a part that is missing makes the result missing."""

from collections.abc import Sequence
from decimal import Decimal

SMALL = 30  # below this a rate is grey and takes part in no ranking
CHURN_CAP_MONTHS = 60


def ratio(numerator: Decimal | int | None, denominator: Decimal | int | None) -> Decimal | None:
    """`numerator` / `denominator`; None without a denominator, never 0 and never infinite."""
    if numerator is None or not denominator:
        return None
    return Decimal(numerator) / Decimal(denominator)


def velocity(
    deals: Decimal | None, rate: Decimal | None, size: Decimal | None, days: Decimal | None
) -> Decimal | None:
    """Money a day that the pipeline yields: open deals x close rate x deal size / days of a cycle.

    A cycle counts as one day at least, so that a pipeline of same-day deals stays finite.
    """
    if deals is None or rate is None or size is None or days is None:
        return None
    return deals * rate * size / max(days, Decimal(1))


def lifetime_value(arpa: Decimal, margin: Decimal, churn: Decimal) -> Decimal:
    """What a customer brings: monthly revenue x margin / monthly churn, at most 60 months of it."""
    most = arpa * margin * CHURN_CAP_MONTHS
    return most if churn <= 0 else min(arpa * margin / churn, most)


def reached(places: Sequence[int]) -> set[int]:
    """The stages that a row has reached, given those it entered: all up to the furthest, each once."""
    return set(range(1, max(places, default=0) + 1))


def change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The growth on what was before, as a share; None where there was nothing to grow from."""
    if now is None or not before:
        return None
    return (now - before) / abs(before)


def overlap(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    """Whether two intervals share a value: then a difference may be chance."""
    return bool(one and other and one[0] <= other[1] and other[0] <= one[1])

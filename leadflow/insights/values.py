"""What a KPI says: its number with everything that is needed to believe it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.functional import Promise

from leadflow.insights.formulas import SMALL, ratio
from leadflow.kit.stats import rule_of_three, wilson

Words = str | Promise
Number = Decimal | int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that the number does not count, and why. `part` opens them."""

    label: Words
    count: int
    part: str = ""


@dataclass(frozen=True, slots=True)
class Maturity:
    """How much of a cohort is old enough to judge, and what that part says."""

    horizon: int  # days
    mature: int
    n: int
    converted: int

    @property
    def share(self) -> Decimal | None:
        return ratio(self.mature, self.n)

    @property
    def is_complete(self) -> bool:
        return self.mature == self.n

    @property
    def rate(self) -> Decimal | None:
        """The rate of the mature part alone."""
        return ratio(self.converted, self.mature)

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.converted, self.mature) if self.mature else None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something said beside the number: the mean beside a median, how many are still open."""

    key: str
    label: Words
    number: Number | None
    unit: str = "count"
    part: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """The number of a KPI, or why there is none."""

    number: Number | None
    n: int = 0
    numerator: Number | None = None
    denominator: Number | None = None
    interval: tuple[float, float] | None = None
    maturity: Maturity | None = None
    why: Words = ""
    left_out: Sequence[LeftOut] = ()
    facts: Sequence[Fact] = field(default_factory=tuple)

    @property
    def is_small(self) -> bool:
        """Too few rows to rank by."""
        return self.interval is not None and self.n < SMALL

    @property
    def is_growing(self) -> bool:
        """A cohort that is not old enough yet."""
        return bool(self.maturity and self.maturity.n and not self.maturity.is_complete)

    def fact(self, key: str) -> Fact | None:
        """One of the facts by its key."""
        return next((one for one in self.facts if one.key == key), None)


def share(
    part: int,
    whole: int,
    *,
    why: Words,
    maturity: Maturity | None = None,
    left_out: Sequence[LeftOut] = (),
    facts: Sequence[Fact] = (),
) -> Value:
    """A rate of rows with its 95 % interval; of no rows there is none, and `why` says so."""
    number = ratio(part, whole)
    return Value(
        number,
        n=whole,
        numerator=part,
        denominator=whole,
        interval=interval(part, whole),
        maturity=maturity,
        why="" if whole else why,
        left_out=tuple(one for one in left_out if one.count),
        facts=facts,
    )


def interval(part: int, whole: int) -> tuple[float, float] | None:
    """Between what the true rate lies (95 %); none of many is bounded by the rule of three."""
    if not whole or part > whole:
        return None
    return (0.0, rule_of_three(whole)) if part == 0 else wilson(part, whole)

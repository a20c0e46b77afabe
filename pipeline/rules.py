"""What the pipeline decides, pure: the order of cards, what a deal weighs, when it has gone quiet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

# --- Order of cards: strings that sort bytewise, with room between any two -------------------------

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE = len(DIGITS)
_WIDTH = 6
_STEP = _BASE**2  # room left at each end, so each takes 7 million cards before ranks grow
_WHOLE = _BASE**_WIDTH
LONGEST = 255
TIRED = 24  # beyond this length a column is worth spreading anew


def between(low: str | None, high: str | None) -> str:
    """A rank strictly between two ranks of a column; None is the column's end on that side.

    Raises ValueError where `low` is not below `high`.
    """
    if low is not None and high is not None and low >= high:
        raise ValueError("the lower rank is not below the higher")
    if low is None and high is None:
        return _word(_WHOLE // 2)
    if high is None:
        return _after(low or "")
    if low is None:
        return _before(high)
    return _middle(low, high)


def _after(low: str) -> str:
    number = _number(low) + _STEP
    return _word(number) if number < _WHOLE else _middle(low, None)


def _before(high: str) -> str:
    number = _number(high) - _STEP
    return _word(number) if number > 0 else _middle("", high)


def _middle(low: str, high: str | None) -> str:
    """Halve the gap digit by digit; the result never ends in the lowest digit."""
    kept = ""
    while True:
        bottom = DIGITS.index(low[0]) if low else 0
        top = DIGITS.index(high[0]) if high else _BASE
        if top - bottom > 1:
            return kept + DIGITS[(bottom + top) // 2]
        kept += DIGITS[bottom]
        high = high[1:] if high and top == bottom else None
        low = low[1:]


def _number(rank: str) -> int:
    value = 0
    for digit in rank[:_WIDTH].ljust(_WIDTH, DIGITS[0]):
        value = value * _BASE + DIGITS.index(digit)
    return value


def _word(number: int) -> str:
    digits = []
    for _place in range(_WIDTH):
        number, rest = divmod(number, _BASE)
        digits.append(DIGITS[rest])
    return "".join(reversed(digits)).rstrip(DIGITS[0])


def spread(count: int) -> list[str]:
    """Ranks for a whole column, evenly apart and short."""
    gap = _WHOLE // (count + 1)
    return [_word(gap * place) for place in range(1, count + 1)]


def following(low: str | None, count: int) -> list[str]:
    """`count` ranks after `low`, in order: cards added at a column's foot."""
    ranks: list[str] = []
    for _each in range(count):
        low = between(low, None)
        ranks.append(low)
    return ranks


# --- What a deal weighs ----------------------------------------------------------------------


def weighted(amount: Decimal | None, probability: int) -> Decimal | None:
    """Amount times probability (in per cent), not rounded; None where the amount is not known."""
    return None if amount is None else amount * probability / 100


@dataclass(frozen=True)
class Line:
    """One line of a deal, as far as its price goes; the discount is in per cent."""

    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """Quantity times price less discount, not rounded."""
        return self.quantity * self.price * (100 - self.discount) / 100


def total_of(lines: Sequence[Line]) -> Decimal:
    """What the lines add up to, not rounded."""
    return sum((line.total for line in lines), Decimal(0))


# --- When a deal has gone quiet ------------------------------------------------------------------


@dataclass(frozen=True)
class Pace:
    """What a stage plans: after how many quiet days a deal rots, and how long it should stay."""

    rot_days: int | None = None
    expected_days: int | None = None


@dataclass(frozen=True)
class Health:
    """How a deal is doing in its stage: days in stage, days quiet, and what follows from them."""

    stage_days: int
    quiet_days: int
    is_rotting: bool
    is_stuck: bool


def health(
    *,
    at: datetime,
    stage_since: datetime,
    last_touch_at: datetime | None,
    next_step_at: datetime | None,
    pace: Pace,
) -> Health:
    """Rotting: quiet longer than planned with no step ahead in that time. Stuck: half over the plan.

    A stage move is a touch; an edit of a field is none.
    """
    touched = max(stage_since, last_touch_at) if last_touch_at else stage_since
    quiet, age = at - touched, at - stage_since
    rotting = False
    if pace.rot_days:
        limit = timedelta(days=pace.rot_days)
        ahead = next_step_at is not None and at <= next_step_at <= at + limit
        rotting = quiet > limit and not ahead
    stuck = bool(pace.expected_days) and age > timedelta(days=(pace.expected_days or 0) * 1.5)
    return Health(max(age.days, 0), max(quiet.days, 0), rotting, stuck)

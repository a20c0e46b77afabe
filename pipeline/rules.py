"""What the pipeline decides, pure: the order of cards, what a deal weighs, when it has gone quiet,
what a quote comes to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

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


def weighted(amount: Decimal | None, probability: Decimal | int) -> Decimal | None:
    """Amount times probability (in per cent), not rounded; None where the amount is not known."""
    return None if amount is None else amount * probability / 100


SHRINK = 20  # as many deals as the stage's own probability weighs in the historical one


def shrunk(won: int, decided: int, default: int) -> Decimal:
    """The historical probability of a stage in per cent: (won + SHRINK x default) / (decided + SHRINK).

    The win rate of the decided deals that had come to the stage, pulled to the stage's own probability
    as if SHRINK further deals had gone just as it says: a few deals move it little. To one decimal.
    """
    exact = Decimal(100 * won + SHRINK * default) / (decided + SHRINK)
    return exact.quantize(Decimal("0.1"), ROUND_HALF_UP)


MONTHS = {"once": 0, "month": 1, "quarter": 3, "year": 12}  # of one billing period


@dataclass(frozen=True)
class Line:
    """One line of a deal, as far as its price goes: so much per billing period, over a term in months.

    Discount and tax are in per cent; the tax is on top and in none of the sums but its own.
    """

    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)
    billing: str = "once"
    term: int = 0
    tax: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """Quantity times price less discount, for one period, not rounded."""
        return self.quantity * self.price * (100 - self.discount) / 100

    @property
    def contract(self) -> Decimal:
        """What it comes to over its term: total x term / months of a period; once: the total."""
        months = MONTHS[self.billing]
        return self.total * self.term / months if months else self.total

    @property
    def yearly(self) -> Decimal:
        """What it comes to in a year: total x 12 / months of a period; 0 for what is paid once."""
        months = MONTHS[self.billing]
        return self.total * 12 / months if months else Decimal(0)


@dataclass(frozen=True)
class Worth:
    """What the lines of a deal are worth, without tax, not rounded.

    `one_off`: the sum of what is paid once. `monthly`: ACV / 12. `acv`, annual contract value: what is
    paid again and again, for one year: the sum of total x 12 / months of a period, whatever the term;
    nothing that is paid once is in it. `tcv`, total contract value: one-off + the sum of total x term /
    months of a period. `tax`: what comes on top of `tcv`, line by line at its own rate.
    """

    one_off: Decimal
    acv: Decimal
    tcv: Decimal
    tax: Decimal

    @property
    def monthly(self) -> Decimal:
        """What is paid again and again, for one month."""
        return self.acv / 12

    @property
    def recurring(self) -> Decimal:
        """What is paid again and again, over all terms: TCV less one-off."""
        return self.tcv - self.one_off


def worth_of(lines: Sequence[Line]) -> Worth:
    """What these lines are worth together."""
    return Worth(
        one_off=_sum(line.total for line in lines if line.billing == "once"),
        acv=_sum(line.yearly for line in lines),
        tcv=total_of(lines),
        tax=_sum(line.contract * line.tax / 100 for line in lines),
    )


def total_of(lines: Sequence[Line]) -> Decimal:
    """What the lines add up to over their terms (TCV), not rounded: the amount that follows them."""
    return _sum(line.contract for line in lines)


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


@dataclass(frozen=True)
class Arrival:
    """That a deal came to a stage; `is_undo` says that a move was taken back by it."""

    at: datetime
    stage: int
    is_undo: bool = False


def stays(arrivals: Iterable[Arrival], until: datetime) -> dict[int, timedelta]:
    """How long a deal stood in each stage, all visits together; `arrivals` in order, the last one lasts
    `until` then. A move that was taken back never was: its time belongs to the stage before."""
    path: list[Arrival] = []
    for one in arrivals:
        if one.is_undo and len(path) > 1:
            path.pop()
        else:
            path.append(one)
    found: dict[int, timedelta] = {}
    for place, one in enumerate(path):
        end = path[place + 1].at if place + 1 < len(path) else until
        found[one.stage] = found.get(one.stage, timedelta()) + max(end - one.at, timedelta())
    return found


# --- Conversions ----------------------------------------------------------------------------------

MOST_SHARERS = 20  # of the revenue of one deal: the numbers keep a measure for each place
UNDO_DAYS = 30  # as long as the deal that it puts there lies in the trash


# --- What a quote comes to -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class QuoteLine:
    """One line of a quote. Discount and tax are in per cent; the list price is the product's own."""

    text: str
    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    list_price: Decimal | None = None
    billing: str = "once"
    term: int = 0

    @property
    def exact(self) -> Decimal:
        """Quantity times price less discount over the whole term, not rounded."""
        return self._at(self.price, self.discount).contract

    @property
    def full(self) -> Decimal:
        """What it would cost at the list price, or at its own where that is higher; not rounded."""
        return self._at(max(self.price, self.list_price or self.price), Decimal(0)).contract

    def _at(self, price: Decimal, discount: Decimal) -> Line:
        return Line(self.quantity, price, discount, self.billing, self.term)


@dataclass(frozen=True)
class PricedLine:
    """A line with what it comes to, in whole units of the currency."""

    line: QuoteLine
    net: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Totals:
    """What a quote comes to: each sum adds up exactly from the lines that stand above it."""

    lines: Sequence[PricedLine]
    net: Decimal
    tax: Decimal
    by_rate: Sequence[tuple[Decimal, Decimal]]

    @property
    def gross(self) -> Decimal:
        """What the customer pays."""
        return self.net + self.tax


def priced(lines: Sequence[QuoteLine], places: int) -> Totals:
    """Round each line half to even at `places` decimals, then add up: no sum is rounded again."""
    unit = Decimal(1).scaleb(-places)
    rows = [_priced(line, unit) for line in lines]
    rates = sorted({row.line.tax for row in rows if row.line.tax})
    by_rate = [(rate, _sum(row.tax for row in rows if row.line.tax == rate)) for rate in rates]
    return Totals(rows, _sum(row.net for row in rows), _sum(row.tax for row in rows), by_rate)


def _priced(line: QuoteLine, unit: Decimal) -> PricedLine:
    net = line.exact.quantize(unit, ROUND_HALF_EVEN)
    return PricedLine(line, net, (net * line.tax / 100).quantize(unit, ROUND_HALF_EVEN))


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def discount_of(lines: Sequence[QuoteLine]) -> Decimal:
    """By how many per cent a quote stays under its list prices, to two decimals; 0 where it costs nothing.

    A price typed lower than the product's is a discount as well.
    """
    full = _sum(line.full for line in lines)
    if not full:
        return Decimal(0)
    return ((full - _sum(line.exact for line in lines)) * 100 / full).quantize(Decimal("0.01"))

"""Money: Decimal amounts of a currency, rounded once and split without losing a cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# ISO 4217: currencies whose smallest unit is not a hundredth.
_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS = {code: places for places, codes in _BY_EXPONENT.items() for code in codes.split()}


@dataclass(frozen=True)
class Money:
    """An amount of a currency, as a deal or a spend line has it."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{rounded(self.amount, self.currency)} {self.currency}"


def exponent(currency: str) -> int:
    """How many decimals the currency has: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency.upper(), 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the smallest unit of the currency, halves away from zero as invoices do."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=ROUND_HALF_UP)


def convert(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    """`amount` times `rate`, rounded to `currency`."""
    return rounded(amount * rate, currency)


def split(amount: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """Shares by weight that add up to `amount` exactly: the largest remainders get the last units.

    Equal remainders favour the earlier share, so the same split comes out every time.
    """
    total = sum((Decimal(weight) for weight in weights), Decimal(0))
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights are not negative and not all zero")
    unit = Decimal(1).scaleb(-exponent(currency))
    whole = rounded(amount, currency)
    units = int(abs(whole) / unit)
    exact = [units * Decimal(weight) / total for weight in weights]
    shares = [int(part) for part in exact]
    order = sorted(range(len(exact)), key=lambda i: (shares[i] - exact[i], i))
    for i in order[: units - sum(shares)]:
        shares[i] += 1
    sign = -1 if whole < 0 else 1
    return [sign * share * unit for share in shares]

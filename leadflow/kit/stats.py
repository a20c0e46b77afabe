"""The few statistics that the product shows, defined once."""

import hashlib
import math
from collections.abc import Iterable, Sequence


def percentile(values: Iterable[float], share: float) -> float | None:
    """The value below which `share` lies, interpolated as PostgreSQL's percentile_cont; None of none."""
    ordered: Sequence[float] = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(values: Iterable[float]) -> float | None:
    """The middle value; None without values."""
    return percentile(values, 0.5)


def p90(values: Iterable[float]) -> float | None:
    """The value that nine of ten stay under; None without values."""
    return percentile(values, 0.9)


def wilson(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """The interval that holds the true rate with 95 % confidence (0 to 1 when nothing was tried)."""
    if not 0 <= successes <= trials:
        raise ValueError("successes lie between 0 and trials")
    if trials == 0:
        return (0.0, 1.0)
    rate, square = successes / trials, z * z
    middle = (rate + square / (2 * trials)) / (1 + square / trials)
    half = z * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2))
    half /= 1 + square / trials
    return (max(0.0, middle - half), min(1.0, middle + half))


def rule_of_three(trials: int) -> float:
    """The highest rate still plausible (95 %) when it happened in none of `trials`."""
    return min(1.0, 3 / trials) if trials > 0 else 1.0


def bucket(salt: str, key: str, buckets: int = 10_000) -> int:
    """The sticky place of `key` among `buckets`; another salt deals anew."""
    digest = hashlib.sha256(f"{salt}\x00{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % buckets

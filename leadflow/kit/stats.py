"""The few statistics that the product shows, defined once."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence


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


def newcombe(
    one: tuple[int, int], other: tuple[int, int], z: float = 1.959964
) -> tuple[float, float]:
    """What `other`'s true rate may be above or below that of `one` (95 %); each is successes, trials.

    Newcombe's hybrid of two Wilson intervals: it keeps its word with few trials and near 0 and 1, where
    the textbook's interval does not. Nothing tried leaves the whole of -1 to 1 open.
    """
    if not one[1] or not other[1]:
        return (-1.0, 1.0)
    (low1, high1), (low2, high2) = wilson(*one, z), wilson(*other, z)
    rate1, rate2 = one[0] / one[1], other[0] / other[1]
    gap = rate2 - rate1
    below = math.hypot(rate2 - low2, high1 - rate1)
    above = math.hypot(high2 - rate2, rate1 - low1)
    return (gap - below, gap + above)


def rule_of_three(trials: int) -> float:
    """The highest rate still plausible (95 %) when it happened in none of `trials`."""
    return min(1.0, 3 / trials) if trials > 0 else 1.0


def bucket(salt: str, key: str, buckets: int = 10_000) -> int:
    """The sticky place of `key` among `buckets`; another salt deals anew."""
    digest = hashlib.sha256(f"{salt}\x00{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % buckets


def shared_out(salt: str, key: str, weights: Mapping[str, float]) -> str:
    """The sticky choice for `key` among weighted names: each gets its share of all keys.

    Rendezvous hashing: each name draws for the key by itself and the best draw wins, so that more weight
    for one name moves keys to it alone, and less moves keys from it alone.
    """

    def draw(name: str) -> float:
        place = bucket(f"{salt}\x00{name}", key, 2**53)
        return -math.log((place + 1) / (2**53 + 1)) / weights[name]

    return min(sorted(name for name, weight in weights.items() if weight > 0), key=draw)

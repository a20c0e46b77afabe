"""Turns and figures: the limit and the product one after the other, so that noise meets both."""

import resource
import statistics
import time
from collections.abc import Callable


def in_turn(rounds: int, repeats: int, **ways: Callable[[], object]) -> dict[str, list[float]]:
    """Milliseconds of each call, by way; every round runs each way `repeats` times."""
    for way in ways.values():
        way()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _round in range(rounds):
        for name, way in ways.items():
            for _repeat in range(repeats):
                begun = time.perf_counter()
                way()
                times[name].append((time.perf_counter() - begun) * 1000)
    return times


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

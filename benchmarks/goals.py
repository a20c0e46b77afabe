"""A run held against goals.toml: what is met, what is not yet, and what may not get worse."""

import statistics
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import with_growth

ATTEMPTS = 3  # the wall clock of a shared machine moves by two within minutes

Results = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Verdict:
    """One figure of one workload at one scale, beside its goal."""

    name: str
    found: float
    goal: str
    is_met: bool
    fails: bool

    def __str__(self) -> str:
        state = "fails" if self.fails else "met" if self.is_met else "not met yet"
        return f"{self.name}: {self.found:.2f}, goal {self.goal}: {state}"


def read(path: Path) -> list[dict[str, Any]]:
    """The goals. KeyError where one names no bound or no figure."""
    goals: list[dict[str, Any]] = tomllib.loads(path.read_text())["goal"]
    for goal in goals:
        if not goal["workload"] or not goal["figure"] or not {"at_least", "at_most"} & set(goal):
            raise KeyError(goal)
    return goals


def verdicts(goals: list[dict[str, Any]], attempts: list[Results]) -> list[Verdict]:
    """Every goal against the median of the attempts, in the order of the file."""
    told = [figures(results) for results in attempts]
    found = []
    for goal in goals:
        for key in told[0]:
            _scale, workload, figure = key
            if figure == goal["figure"] and workload.startswith(goal["workload"]):
                middle = statistics.median(one[key] for one in told)
                found.append(verdict(goal, " ".join(key), middle))
    return found


def figures(results: Results) -> dict[tuple[str, str, str], float]:
    """(scale, workload, figure) -> number, growth included."""
    return {
        (scale, row["workload"], figure): float(value)
        for scale, row in with_growth(results)
        for figure, value in numbers(row)
    }


def numbers(row: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """The figures of a row that are numbers."""
    return ((name, value) for name, value in row.items() if isinstance(value, (int, float)))


def verdict(goal: dict[str, Any], name: str, found: float) -> Verdict:
    """Whether a figure meets its goal, and whether it may stay as it is."""
    if "at_most" in goal:
        bound = goal["at_most"]
        is_met = found <= bound
        return Verdict(
            name, found, f"at most {bound}", is_met, found > goal.get("fails_above", bound)
        )
    bound = goal["at_least"]
    is_met = found >= bound
    return Verdict(name, found, f"at least {bound}", is_met, found < goal.get("fails_below", bound))

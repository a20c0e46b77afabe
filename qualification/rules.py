"""How a lead is scored: pure decisions, the same live, in shadow, in replay and on the receipt.

Three numbers, never one: fit (who she is), engagement (what she did, decaying) and BANT (what we
learned). Order for engagement (product definition F3): count limits per rule, decay, sum in the group,
cap of the group, sum of the groups, clamp to 0..100. Rounding only when shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)  # forward decay counts from here (Cormode et al. 2009)
DAY = 86_400.0
NOISE = 0.5  # a group whose decayed sum is smaller counts nothing
GRADES = (("A", 75.0), ("B", 50.0), ("C", 25.0), ("D", 0.0))
BANDS = ((1, 60.0), (2, 30.0), (3, 10.0), (4, 0.0))
HYSTERESIS = 15.0
DWELL = timedelta(hours=24)
HORIZON_DAYS = 730.0

Key = tuple[str, float]  # (group, half-life in days)


@dataclass(frozen=True)
class EventRule:
    """Points for each fact of a kind, with a half-life in days and limits by count."""

    name: str
    kind: str
    points: float
    half_life: float = 30.0
    group: str = "behaviour"
    topic: str = ""
    label: str = ""
    per_day: int | None = None
    lifetime: int | None = None
    provider: str = ""
    confidence: float = 0.0  # the least that counts; what nobody qualified counts for 0 only

    def takes(self, fact: "Fact") -> bool:
        """Whether the fact is one that this rule counts."""
        return (
            fact.kind == self.kind
            and (not self.topic or fact.topic == self.topic)
            and (not self.label or self.label.casefold() in fact.label.casefold())
            and (not self.provider or self.provider.casefold() == fact.provider.casefold())
            and (fact.confidence or 0.0) >= self.confidence
        )


@dataclass(frozen=True)
class Fact:
    """Something that a human did; `pk` is the row of evidence."""

    pk: int
    kind: str
    at: datetime
    topic: str = ""
    label: str = ""
    source: str = ""  # "form:3"
    provider: str = ""  # another firm that tells it, and how sure it is
    confidence: float | None = None


@dataclass(frozen=True)
class Model:
    """What of a score model the arithmetic needs; conditions are evaluated before, by name."""

    attributes: Sequence[tuple[str, float]]  # (rule name, points)
    events: Sequence[EventRule]
    caps: Mapping[str, float] = field(default_factory=dict)
    cells: frozenset[str] = frozenset({"A1", "A2", "B1"})
    hand_raise: frozenset[str] = frozenset()
    gates: Sequence[str] = ()


@dataclass(frozen=True)
class Line:
    """One line of a receipt; the contributions of a number's lines sum to it before the clamp."""

    number: str  # "fit" or "engagement"
    rule: str
    contribution: float
    raw: float
    count: int = 1
    factor: float = 1.0
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True)
class State:
    """A lead as the decision sees it at one moment."""

    matched: frozenset[str]  # names of attribute rules and gates that match
    sums: Mapping[Key, float]
    bant: float = 0.0
    asked: bool = False  # she raised her hand on a form that says so
    qualified_since: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """The numbers and what follows from them."""

    fit: float
    engagement: float
    bant: float
    grade: str
    band: int
    qualifies: bool
    priority: int
    failed_gates: tuple[str, ...] = ()

    @property
    def cell(self) -> str:
        """Grade and band together, as people say it: B1."""
        return f"{self.grade}{self.band}"


def counted(rules: Sequence[EventRule], facts: Iterable[Fact]) -> list[tuple[EventRule, Fact]]:
    """Which facts count for which rule once the limits per day (UTC) and per life are kept."""
    used: dict[tuple[int, Any], int] = defaultdict(int)
    found = []
    for fact in sorted(facts, key=lambda f: (f.at, f.pk)):
        for number, rule in enumerate(rules):
            if not rule.takes(fact):
                continue
            day, life = (number, fact.at.astimezone(UTC).date()), (number, None)
            if rule.per_day is not None and used[day] >= rule.per_day:
                continue
            if rule.lifetime is not None and used[life] >= rule.lifetime:
                continue
            used[day] += 1
            used[life] += 1
            found.append((rule, fact))
    return found


def growth(at: datetime, half_life: float) -> float:
    """2 to the number of half-lives from the epoch to `at`."""
    return float(2.0 ** ((at - EPOCH).total_seconds() / DAY / half_life))


def sums_of(rules: Sequence[EventRule], facts: Iterable[Fact]) -> dict[Key, float]:
    """The running sums of a lead, each independent of when it is looked at."""
    totals: dict[Key, float] = defaultdict(float)
    for rule, fact in counted(rules, facts):
        totals[(rule.group, rule.half_life)] += rule.points * growth(fact.at, rule.half_life)
    return dict(totals)


def groups_at(
    sums: Mapping[Key, float], caps: Mapping[str, float], at: datetime
) -> dict[str, float]:
    """What each group is worth at `at`, after decay, noise floor and cap."""
    worth: dict[str, float] = defaultdict(float)
    for (group, half_life), total in sums.items():
        worth[group] += total / growth(at, half_life)
    return {group: _capped(value, caps.get(group)) for group, value in worth.items()}


def _capped(value: float, cap: float | None) -> float:
    if abs(value) < NOISE:
        return 0.0
    return value if cap is None else max(-cap, min(cap, value))


def clamp(value: float) -> float:
    """Into 0..100."""
    return max(0.0, min(100.0, value))


def engagement_at(sums: Mapping[Key, float], caps: Mapping[str, float], at: datetime) -> float:
    """The engagement number at `at`."""
    return clamp(sum(groups_at(sums, caps, at).values()))


def grade_of(fit: float) -> str:
    """The letter of a fit number."""
    return next(letter for letter, least in GRADES if fit >= least)


def band_of(engagement: float) -> int:
    """The digit of an engagement number."""
    return next(band for band, least in BANDS if engagement >= least)


def decide(model: Model, state: State, at: datetime) -> Verdict:
    """The verdict about one lead at one moment."""
    fit = clamp(sum(points for name, points in model.attributes if name in state.matched))
    engagement = engagement_at(state.sums, model.caps, at)
    grade, band = grade_of(fit), band_of(engagement)
    failed = tuple(gate for gate in model.gates if gate not in state.matched)
    qualifies = not failed and (
        state.asked or f"{grade}{band}" in model.cells or _stays(model, state, fit, engagement, at)
    )
    return Verdict(
        fit, engagement, state.bant, grade, band, qualifies, priority_of(grade, band), failed
    )


def _stays(model: Model, state: State, fit: float, engagement: float, at: datetime) -> bool:
    """Who is qualified stays so for a day, and until she is 15 points under the threshold."""
    if state.qualified_since is None:
        return False
    if at - state.qualified_since < DWELL:
        return True
    lenient = grade_of(clamp(fit + HYSTERESIS)), band_of(clamp(engagement + HYSTERESIS))
    return f"{lenient[0]}{lenient[1]}" in model.cells


def priority_of(grade: str, band: int) -> int:
    """P1 to P4 from readiness: the sum of the two ranks, hottest first."""
    rank = "ABCD".index(grade) + band - 1
    return 1 if rank <= 1 else 2 if rank == 2 else 3 if rank <= 4 else 4


def next_crossing(model: Model, state: State, at: datetime) -> datetime | None:
    """When decay alone will first change the verdict, to the minute; None within two years.

    The closed form falls steadily while no points are negative, so halving the interval finds it;
    where negative points fade too, the nightly sweep is the safety net.
    """
    before = _outcome(model, state, at)
    low, high = 0.0, HORIZON_DAYS
    if _outcome(model, state, at + timedelta(days=high)) == before:
        return None
    while (high - low) * DAY > 60:
        middle = (low + high) / 2
        if _outcome(model, state, at + timedelta(days=middle)) == before:
            low = middle
        else:
            high = middle
    return at + timedelta(days=high)


def _outcome(model: Model, state: State, at: datetime) -> tuple[str, bool]:
    verdict = decide(model, state, at)
    return verdict.cell, verdict.qualifies


def receipt(
    model: Model, matched: frozenset[str], facts: Iterable[Fact], at: datetime
) -> list[Line]:
    """Every line behind fit and engagement, caps included; strongest first."""
    lines = [
        Line("fit", name, points, points) for name, points in model.attributes if name in matched
    ]
    by_rule: dict[str, list[tuple[EventRule, Fact]]] = defaultdict(list)
    for rule, fact in counted(model.events, facts):
        by_rule[rule.name].append((rule, fact))
    groups: dict[str, list[Line]] = defaultdict(list)
    for name, pairs in by_rule.items():
        rule = pairs[0][0]
        worth = sum(rule.points * growth(f.at, rule.half_life) for _r, f in pairs)
        now = worth / growth(at, rule.half_life)
        raw = rule.points * len(pairs)
        line = Line(
            "engagement", name, now, raw, len(pairs), now / raw if raw else 0.0,
            tuple(f.pk for _r, f in pairs),
        )  # fmt: skip
        groups[rule.group].append(line)
    for group, members in groups.items():
        lines += members + _cap_line(group, members, model.caps.get(group))
    return sorted(lines, key=lambda line: -abs(line.contribution))


def _cap_line(group: str, members: list[Line], cap: float | None) -> list[Line]:
    total = sum(line.contribution for line in members)
    cut = _capped(total, cap) - total
    return [Line("engagement", f"limit:{group}", cut, 0.0, 0)] if abs(cut) > 1e-9 else []


BANT_POINTS: dict[str, dict[str, float]] = {
    "budget": {
        "unknown": 0, "none": -10, "exploring": 5, "planned": 10, "approved": 20, "allocated": 25,
    },
    "authority": {
        "unknown": 0, "user": 5, "influencer": 10, "champion": 15, "evaluator": 10,
        "economic_buyer": 25, "decision_maker": 25, "procurement": 10, "blocker": -10,
    },
    "need": {"unknown": 0, "none": -15, "latent": 5, "recognised": 15, "urgent": 25},
    "timing": {
        "unknown": 0, "no_plan": -10, "over_year": 2, "half_year": 5, "quarter": 12, "soon": 20,
        "now": 25,
    },
}  # fmt: skip


def bant_score(answers: Mapping[str, str]) -> float:
    """0 to 100 from the value of each letter; what is not known adds nothing."""
    return clamp(sum(BANT_POINTS[letter].get(value, 0.0) for letter, value in answers.items()))


def bant_known(answers: Mapping[str, str]) -> int:
    """How many of the four letters are known: tells "low because unknown" from "low because poor"."""
    return sum(value != "unknown" for value in answers.values())


def bant_minimum(answers: Mapping[str, str]) -> bool:
    """What SQL takes: the need, and at least two of the other three."""
    known = {letter for letter, value in answers.items() if value != "unknown"}
    return "need" in known and len(known) >= 3

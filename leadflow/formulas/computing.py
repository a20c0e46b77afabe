"""Working a formula out. `static/js/formulas.js` does the same, branch by branch; keep them alike."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from leadflow.formulas.parsing import Tree

Value = float | str | bool | list[str] | None
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOST_TEXT = 2_000
WHOLE = 1e15  # a double as large as this has no places to round


@dataclass(frozen=True, slots=True)
class Given:
    """What a formula may know: the answers by name, the points of each question's choices, the day."""

    answers: Mapping[str, Value]
    today: str  # as 2026-11-22
    points: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def compute(tree: Tree, given: Given) -> Value:
    """The value of a formula; None is missing. Never raises for a tree that `parse` made."""
    op, of = tree["op"], tree.get("of", [])
    if op == "value":
        return tree["value"]  # type: ignore[no-any-return]
    if op == "name":
        return _answer(given.answers.get(tree["name"]))
    if op == "call":
        return _CALLS[tree["name"]](of, given)
    if op in {"and", "or", "not"}:
        return _logic(op, of, given)
    if op == "minus":
        return _finite(_negative(compute(of[0], given)))
    left, right = compute(of[0], given), compute(of[1], given)
    if op == "&":
        return (shown(left) + shown(right))[:MOST_TEXT]
    return _arithmetic(op, left, right) if op in "+-*/" else _compare(op, left, right)


def shown(value: Value) -> str:
    """A value inside a text: whole numbers without a point, missing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, str):
        return value
    return f"{rounded(value, 6):.6f}".rstrip("0").rstrip(".")


def _answer(value: Any) -> Value:
    """An answer as formulas know values; an empty one is missing."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return _finite(float(value))
    if isinstance(value, list | tuple):
        return [str(one) for one in value] or None
    return str(value) or None


def _number(value: Value) -> float | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _negative(value: Value) -> float | None:
    number = _number(value)
    return None if number is None else 0.0 - number


def _arithmetic(op: str, left: Value, right: Value) -> float | None:
    a, b = _number(left), _number(right)
    if a is None or b is None or (op == "/" and b == 0):
        return None
    if op == "+":
        return _finite(a + b)
    if op == "-":
        return _finite(a - b)
    return _finite(a * b if op == "*" else a / b)


def _logic(op: str, of: Sequence[Tree], given: Given) -> bool:
    first = compute(of[0], given) is True
    if op == "not":
        return not first
    if op == "and":
        return first and compute(of[1], given) is True
    return first or compute(of[1], given) is True


def _compare(op: str, left: Value, right: Value) -> bool:
    """Numbers by size, days by time, texts and yes/no by sameness; anything else is false."""
    a, b = _number(left), _number(right)
    if a is not None and b is not None:
        return _ordered(op, a, b)
    if isinstance(left, bool) and isinstance(right, bool):
        return {"=": left == right, "!=": left != right}.get(op, False)
    if isinstance(left, str) and isinstance(right, str):
        if _day(left) is not None and _day(right) is not None:
            return _ordered(op, left, right)
        return {"=": left == right, "!=": left != right}.get(op, False)
    return False


def _ordered(op: str, a: Any, b: Any) -> bool:
    return bool({"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op])


def _day(value: Value) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def rounded(number: float, places: int) -> float:
    """Half away from zero, as people round; 15 digits first, so that 1.005 is 1.01 as in a sheet."""
    if abs(number) >= WHOLE:
        return number
    step: float = 10.0**places
    scaled = float(f"{abs(number) * step:.14e}")
    result = math.floor(scaled + 0.5) / step
    return -result if number < 0 and result else result


# --- the functions ------------------------------------------------------------------------------


def _numbers(of: Sequence[Tree], given: Given) -> list[float]:
    values = (_number(compute(one, given)) for one in of)
    return [value for value in values if value is not None]


def _over(fold: Callable[[list[float]], float]) -> Callable[[Sequence[Tree], Given], Value]:
    """A function of the numbers that are there; missing where there is none."""

    def call(of: Sequence[Tree], given: Given) -> Value:
        numbers = _numbers(of, given)
        return _finite(fold(numbers)) if numbers else None

    return call


def _total(numbers: list[float]) -> float:
    total = 0.0
    for number in numbers:  # one by one as the browser does: sum() is cleverer since Python 3.12
        total += number
    return total


def _one(change: Callable[[float], float]) -> Callable[[Sequence[Tree], Given], Value]:
    def call(of: Sequence[Tree], given: Given) -> Value:
        number = _number(compute(of[0], given))
        return None if number is None else _finite(change(number) + 0.0)

    return call


def _round(of: Sequence[Tree], given: Given) -> Value:
    number = _number(compute(of[0], given))
    places = _number(compute(of[1], given)) if len(of) > 1 else 0.0
    if number is None or places is None:
        return None
    return _finite(rounded(number, min(max(math.floor(places), 0), 6)))


def _if(of: Sequence[Tree], given: Given) -> Value:
    for place in range(0, len(of) - 1, 2):
        if compute(of[place], given) is True:
            return compute(of[place + 1], given)
    return compute(of[-1], given) if len(of) % 2 else None


def _lookup(of: Sequence[Tree], given: Given) -> Value:
    wanted = compute(of[0], given)
    for place in range(1, len(of) - 1, 2):
        if _compare("=", wanted, compute(of[place], given)):
            return compute(of[place + 1], given)
    return None if len(of) % 2 else compute(of[-1], given)


def _band(of: Sequence[Tree], given: Given) -> Value:
    number, found = _number(compute(of[0], given)), None
    for place in range(1, len(of) - 1, 2):
        start = _number(compute(of[place], given))
        if number is not None and start is not None and number >= start:
            found = of[place + 1]
    return None if found is None else compute(found, given)


def _count(of: Sequence[Tree], given: Given) -> Value:
    value = compute(of[0], given)
    return float(len(value)) if isinstance(value, list) else 0.0 if value is None else 1.0


def _has(of: Sequence[Tree], given: Given) -> Value:
    value, wanted = compute(of[0], given), compute(of[1], given)
    return wanted in value if isinstance(value, list) else _compare("=", value, wanted)


def _points(of: Sequence[Tree], given: Given) -> Value:
    value = compute(of[0], given)
    worth = given.points.get(of[0].get("name", ""), {})
    if value is None:
        return None
    chosen = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return _finite(_total([float(worth.get(one, 0.0)) for one in chosen]))


def _days(of: Sequence[Tree], given: Given) -> Value:
    start, end = _day(compute(of[0], given)), _day(compute(of[1], given))
    return None if start is None or end is None else float((end - start).days)


_CALLS: dict[str, Callable[[Sequence[Tree], Given], Value]] = {
    "if": _if,
    "min": _over(min),
    "max": _over(max),
    "sum": _over(_total),
    "average": _over(lambda numbers: _total(numbers) / len(numbers)),
    "round": _round,
    "floor": _one(math.floor),
    "ceil": _one(math.ceil),
    "abs": _one(abs),
    "count": _count,
    "has": _has,
    "answered": lambda of, given: compute(of[0], given) is not None,
    "points": _points,
    "lookup": _lookup,
    "band": _band,
    "days": _days,
    "today": lambda _of, given: given.today,
}

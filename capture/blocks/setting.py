"""What a rule gives to a question: "set it to … when …", as the visitor's own answer would be kept.

Nobody is said by a rule to be somebody, or to have agreed: email, phone, consent, files and bookings are
the visitor's word alone.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _t

from capture.blocks.asking import Question, questions
from capture.blocks.targets import longest
from leadflow.blocks.schema import Problem
from leadflow.kit import text

BLANK: tuple[Any, ...] = (None, "", [])  # what no answer looks like
_DIGITS = 12  # before the point, as an answer has them at most


def value_of(question: Question, told: Any) -> Any:
    """The answer that `told` stands for, of the question's own kind; None where it is none."""
    if question.type == "choice" and question.props.get("is_multiple"):
        return _several(question, told if isinstance(told, list) else [told])
    read = _READ.get(question.type)
    return read(question, told) if read and isinstance(told, str) else None


def set_problems(content: Mapping[str, Any]) -> Iterator[Problem]:
    """A rule can only give what the question takes."""
    for one in questions(content):
        rows = one.props.get("sets") or []
        if any(value_of(one, row.get("value")) is None for row in rows):
            why = _t("Set to: give an answer that this question takes.")
            yield Problem(f"{one.id}.sets", why, one.id)


def _line(question: Question, told: str) -> str | None:
    return _fitting(text.one_line(told), longest(question.save_to, 500))


def _paragraph(question: Question, told: str) -> str | None:
    return _fitting(text.clean(told).strip(), longest(question.save_to, 10_000))


def _fitting(words: str, most: int) -> str | None:
    return words if words and len(words) <= most else None


def _number(question: Question, told: str) -> int | float | None:
    return _amount(question, told, places=6)


def _money(question: Question, told: str) -> int | float | None:
    return _amount(question, told, places=2)


def _amount(question: Question, told: str, *, places: int) -> int | float | None:
    try:
        found = Decimal(told.strip())
    except InvalidOperation:
        return None
    if not found.is_finite() or abs(found) >= 10**_DIGITS or found != round(found, places):
        return None
    low, high = (question.props.get(key) for key in ("at_least", "at_most"))
    if (low is not None and found < low) or (high is not None and found > high):
        return None
    return int(found) if found == found.to_integral_value() else float(found)


def _day(_question: Question, told: str) -> str | None:
    with suppress(ValueError):  # a day that no calendar has
        day = parse_date(told)
        return day.isoformat() if day else None
    return None


def _one(question: Question, told: str) -> str | None:
    return told if told in dict(question.options()) else None


def _several(question: Question, told: list[Any]) -> list[str] | None:
    keys = [key for key, _label in question.options()]
    return [key for key in keys if key in told] if told and set(told) <= set(keys) else None


def _yes_no(_question: Question, told: str) -> bool | None:
    return {"yes": True, "no": False}.get(told)


def _star(question: Question, told: str) -> int | None:
    return _step(told, 1, int(question.props.get("stars") or 5))


def _place(question: Question, told: str) -> int | None:
    return _step(told, int(question.props["lowest"]), int(question.props["highest"]))


def _step(told: str, low: int, high: int) -> int | None:
    return int(told) if told in {str(n) for n in range(low, high + 1)} else None


_READ: dict[str, Callable[[Question, str], Any]] = {
    "short_text": _line,
    "long_text": _paragraph,
    "number": _number,
    "money": _money,
    "date": _day,
    "choice": _one,
    "dropdown": _one,
    "yes_no": _yes_no,
    "rating": _star,
    "scale": _place,
}

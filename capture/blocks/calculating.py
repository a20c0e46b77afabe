"""What a form works out: the formulas of its calculations, the points of answers, texts with values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _t

from capture.blocks.asking import Question, walked
from leadflow.blocks.schema import Problem
from leadflow.formulas.parsing import FormulaError, Tree, parse

PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")


def formulas(content: Mapping[str, Any]) -> dict[str, Tree]:
    """The trees of a document's calculations by block id; in a draft, those that can be read."""
    found = {}
    for _item, question, above in walked(content):
        if question is not None and question.type == "calculation":
            with suppress(FormulaError):  # half written in a draft; publishing refuses it
                found[question.id] = parse(question.formula, _names(above))
    return found


def points(asked: Iterable[Question]) -> dict[str, dict[str, float]]:
    """What each choice is worth, by question: for points() in a formula."""
    return {
        one.name: {str(row["value"]): float(row.get("points") or 0) for row in one.rows()}
        for one in asked
        if one.props.get("has_points")
    }


def formula_problems(content: Mapping[str, Any]) -> Iterator[Problem]:
    """A formula must be readable and may ask only about questions above its block; so may a text."""
    for item, one, above in walked(content):
        if one is not None and one.type == "calculation" and one.formula.strip():
            try:
                parse(one.formula, _names(above))
            except FormulaError as error:
                yield Problem(f"{one.id}.formula", words(error), one.id)
        if item["type"] == "result":
            yield from _unknown_places(item, _names(above))


def _unknown_places(item: Mapping[str, Any], above: set[str]) -> Iterator[Problem]:
    for name in PLACE.findall(str(item["props"].get("text", ""))):
        if name not in above:
            why = _t("No question or calculation above is called %(name)s.") % {"name": name}
            yield Problem(f"{item['id']}.text", why, item["id"])


def _names(asked: Iterable[Question]) -> set[str]:
    return {one.name for one in asked}


def words(error: FormulaError) -> str:
    """What is wrong with a formula, for who wrote it."""
    told = {
        "too_long": _t("The formula is too long."),
        "too_large": _t("The formula has too many parts. Split it into two calculations."),
        "too_deep": _t("The formula is nested too deeply. Split it, or use sum()."),
        "unfinished": _t("The formula ends too early: something is missing."),
        "unexpected": _t("“%(what)s” cannot stand here (character %(at)s)."),
        "unknown_sign": _t("“%(what)s” has no meaning in a formula (character %(at)s)."),
        "unknown_name": _t("No question or calculation above is called %(what)s."),
        "arguments": _t("%(what)s() has too few or too many values."),
    }[error.code]
    return told % {"what": error.what, "at": error.at + 1}


def parts(text: str) -> list[tuple[str, str]]:
    """A text with {names} as parts: ("text", words) and ("value", name)."""
    found: list[tuple[str, str]] = []
    last = 0
    for match in PLACE.finditer(text):
        found += [("text", text[last : match.start()]), ("value", match[1])]
        last = match.end()
    return [part for part in [*found, ("text", text[last:])] if part[1]]

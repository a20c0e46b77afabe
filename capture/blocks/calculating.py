"""What a form works out: the formulas of its calculations, the points of answers, texts with values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _t

from capture.blocks.asking import Question, questions
from leadflow.blocks import documents
from leadflow.blocks.schema import Problem
from leadflow.formulas.parsing import FormulaError, Tree, parse

PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")


def formulas(content: Mapping[str, Any]) -> dict[str, Tree]:
    """The trees of a document's calculations by block id; in a draft, those that can be read."""
    found = {}
    for question, above in _with_those_above(content):
        if question.type == "calculation":
            with suppress(FormulaError):  # half written in a draft; publishing refuses it
                found[question.id] = parse(question.formula, above)
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
    above: set[str] = set()
    by_id = {one.id: one for one in questions(content)}
    for item in documents.blocks(content):
        one = by_id.get(item["id"])
        if one is not None and one.type == "calculation" and one.formula.strip():
            try:
                parse(one.formula, above)
            except FormulaError as error:
                yield Problem(f"{one.id}.formula", words(error), one.id)
        if item["type"] == "result":
            yield from _unknown_places(item, above)
        if one is not None:
            above.add(one.name)


def _unknown_places(item: Mapping[str, Any], above: set[str]) -> Iterator[Problem]:
    for name in PLACE.findall(str(item["props"].get("text", ""))):
        if name not in above:
            why = _t("No question or calculation above is called %(name)s.") % {"name": name}
            yield Problem(f"{item['id']}.text", why, item["id"])


def _with_those_above(content: Mapping[str, Any]) -> Iterator[tuple[Question, set[str]]]:
    above: set[str] = set()
    for one in questions(content):
        yield one, above
        above.add(one.name)


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

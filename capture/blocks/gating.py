"""The gate: results for the report alone, which nothing that the visitor sees may lean on."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _t

from capture.blocks.asking import Question, questions, walked
from capture.blocks.calculating import PLACE
from capture.blocks.path import above
from leadflow.blocks.schema import Problem
from leadflow.conditions import language
from leadflow.formulas.parsing import FormulaError, names_of, parse


def gate_problems(content: Mapping[str, Any]) -> Iterator[Problem]:
    """What stands in the page and asks about a result for the report only could never show it."""
    gated = {one.id: one.name for one in questions(content) if one.is_gated}
    for where, key, rule, _asked in above(content):
        if where not in gated:
            yield from _told(where or "settings", key, language.fields_used(rule or {}), gated)
    for item, question, earlier in walked(content):
        if question is None or not question.is_gated:
            for key, names in _mentioned(item, question, earlier):
                yield from _told(item["id"], key, names, gated)


def _told(
    where: str, key: str, names: Iterable[str], gated: Mapping[str, str]
) -> Iterator[Problem]:
    for name in sorted(set(names) & set(gated.values())):
        why = _t("%(name)s is for the report only; the page cannot use it.") % {"name": name}
        yield Problem(f"{where}.{key}", why, where)


def _mentioned(
    item: Mapping[str, Any], question: Question | None, earlier: list[Question]
) -> Iterator[tuple[str, set[str]]]:
    if question is not None and question.type == "calculation":
        with suppress(FormulaError):  # said by the formula's own check
            yield "formula", names_of(parse(question.formula, {one.name for one in earlier}))
    if item["type"] == "result":
        yield "text", set(PLACE.findall(str(item["props"].get("text", ""))))

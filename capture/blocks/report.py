"""The blocks of a report: what a visitor reads about her own answers, once she gave her address.

A report is worked out on the server alone: none of its formulas, rules or words reaches a browser
before the form was sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from capture.blocks.asking import Question, catalogue, logic_field, questions
from capture.blocks.calculating import PLACE, words
from capture.models import Report
from leadflow.blocks import documents
from leadflow.blocks.schema import BlockSet, BlockType, Problem, Prop, PropKind
from leadflow.conditions import language
from leadflow.errors import Invalid
from leadflow.formulas.parsing import FormulaError, parse

_SHOW_WHEN = Prop(
    "show_when",
    _("Show when"),
    PropKind.CONDITION,
    None,
    section="logic",
    help=_("Asks about what the visitor answered and what the form worked out."),
)
_PLACES = _("A name in braces, as {total}, shows that answer or result.")
_DECIMALS = Prop(
    "decimals",
    _("Decimal places"),
    PropKind.CHOICE,
    "0",
    choices=tuple((str(n), str(n)) for n in range(5)),
)
_FORMULA = Prop("formula", _("Formula"), PropKind.FORMULA, required=True, max_length=2_000)
_UNIT = Prop("unit", _("Unit"), max_length=20, placeholder="€")


def _band_problems(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    low, high = props["at_least"], props["below"]
    if low is None and high is None:
        yield "at_least", _t("Say from where, or up to where, this advice holds.")
    elif low is not None and high is not None and low >= high:
        yield "below", _t("The upper end lies below the lower one.")


TYPES: tuple[BlockType, ...] = (
    BlockType("heading", _("Heading"), "heading", "words",
              (Prop("text", _("Text"), required=True, max_length=160, help=_PLACES),
               Prop("sub", _("Line below"), PropKind.LONG_TEXT, max_length=400), _SHOW_WHEN),
              canvas="heading", about=_("A title, with a line below it.")),
    BlockType("text", _("Text"), "typography", "words",
              (Prop("text", _("Text"), PropKind.LONG_TEXT, required=True, max_length=5000, help=_PLACES),
               _SHOW_WHEN),
              canvas="text", about=_("Words of yours with their answers in them.")),
    BlockType("number", _("Result"), "hash", "results",
              (Prop("label", _("What it says"), required=True, max_length=200), _FORMULA, _DECIMALS, _UNIT,
               _SHOW_WHEN),
              canvas="calculation", about=_("One figure, large.")),
    BlockType("bar", _("Bar"), "chart-bar", "results",
              (Prop("label", _("Category"), required=True, max_length=120), _FORMULA, _DECIMALS, _UNIT,
               Prop("most", _("The full bar is"), PropKind.NUMBER, None,
                    help=_("Empty: the longest bar of this chart is full.")), _SHOW_WHEN),
              canvas="calculation", about=_("One category; bars below one another make a chart.")),
    BlockType("advice", _("Advice"), "bulb", "results",
              (Prop("title", _("Heading"), max_length=160),
               Prop("text", _("Advice"), PropKind.LONG_TEXT, required=True, max_length=5000, help=_PLACES),
               _FORMULA,
               Prop("at_least", _("Show it from"), PropKind.NUMBER, None),
               Prop("below", _("and below"), PropKind.NUMBER, None), _SHOW_WHEN),
              canvas="text", check=_band_problems,
              about=_("Shown where a result lies between two numbers.")),
    BlockType("answers", _("Their answers"), "list-check", "results",
              (Prop("text", _("Heading"), required=True, max_length=160), _SHOW_WHEN),
              canvas="heading", once=True, presets={"text": "Your answers"},
              about=_("A table of what they answered.")),
    BlockType("button", _("Button"), "external-link", "words",
              (Prop("text", _("Words"), required=True, max_length=60),
               Prop("url", _("Where it leads"), PropKind.URL, required=True, max_length=500,
                    placeholder="https://"), _SHOW_WHEN),
              canvas="text", about=_("The next step: a link to wherever you want.")),
)  # fmt: skip

REPORT_BLOCKS = BlockSet(
    key="report",
    label=_("Report"),
    groups=(("results", _("Results")), ("words", _("Words"))),
    types=TYPES,
    settings=(
        Prop("title", _("Title"), default="Your report", required=True, max_length=160, help=_PLACES),
        Prop("foot", _("Small print"), PropKind.LONG_TEXT, max_length=1000,
             help=_("How it was worked out, and what it does not say.")),
    ),
    sections=(("logic", _("Logic")),),
    words={
        "page_settings": _("Report"),
        "none_selected": _("Select a block to change it. These settings are the whole report's."),
        "formula_names": _("Questions and results of the form"),
        "formula_nothing": _("Formulas use questions of the form. There are none yet."),
        "logic_nothing": _("Rules ask about questions of the form. There are none yet."),
    },
)  # fmt: skip


def asked_by(report: Report) -> list[Question]:
    """The questions that the report may mention: those of the form as it is being built."""
    return [one for one in questions(report.form.draft) if one.name]


def fitted(report: Report) -> BlockSet:
    """The block set of one report: it knows what its form asks."""
    asked = asked_by(report)
    return replace(
        REPORT_BLOCKS,
        check=lambda content: check_report(content, asked),
        given=tuple(_given(one) for one in asked),
    )


def _given(question: Question) -> dict[str, Any]:
    kind = str(logic_field(question).type.value)
    return {
        "name": question.name,
        "label": question.label,
        "logic": "number" if kind in {"number", "money"} else kind,
        "options": question.rows(),
    }


def check_report(content: Mapping[str, Any], asked: list[Question]) -> Iterator[Problem]:
    """What only form and report together can tell, before it is published."""
    names = {one.name for one in asked}
    if not any(documents.blocks(content)):
        yield Problem("pages", _t("Add at least one block."))
    for item in documents.blocks(content):
        yield from _formula_problems(item, names)
        yield from _place_problems(item, names)
        if rule := item["props"].get("show_when"):
            try:
                language.parse(rule, catalogue(asked))
            except Invalid as error:
                why = _t("Show when: %(why)s") % {"why": error.message}
                yield Problem(f"{item['id']}.show_when", why, item["id"])


def _formula_problems(item: Mapping[str, Any], names: set[str]) -> Iterator[Problem]:
    source = str(item["props"].get("formula") or "")
    if source.strip():
        try:
            parse(source, names)
        except FormulaError as error:
            yield Problem(f"{item['id']}.formula", words(error), item["id"])


def _place_problems(item: Mapping[str, Any], names: set[str]) -> Iterator[Problem]:
    for key in ("text", "title", "sub"):
        for name in PLACE.findall(str(item["props"].get(key) or "")):
            if name not in names:
                why = _t("The form has no question or result called %(name)s.") % {"name": name}
                yield Problem(f"{item['id']}.{key}", why, item["id"])

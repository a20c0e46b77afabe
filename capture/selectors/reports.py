"""A report filled with one visitor's answers: the same parts for the page and for the PDF."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from capture.blocks.asking import Question, catalogue, logic_field, questions
from capture.blocks.calculating import parts as places
from capture.blocks.calculating import points
from capture.models import Form, Report, Submission
from leadflow.conditions import language
from leadflow.conditions.zone import here
from leadflow.errors import Invalid
from leadflow.formulas.computing import Given, compute, rounded
from leadflow.formulas.parsing import FormulaError, parse

MISSING = "–"
_UNTOLD = frozenset({"consent", "hidden", "url_param", "file"})


@dataclass(frozen=True, slots=True)
class Bar:
    """One category of a chart; `share` is its length, from 0 to 100."""

    label: str
    value: str
    share: int


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a filled report. Which of the fields it has depends on its kind."""

    kind: str  # heading, text, number, bars, advice, answers, button
    text: str = ""
    sub: str = ""
    value: str = ""
    url: str = ""
    bars: tuple[Bar, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A whole report: its title, its sheets of parts, and the small print."""

    title: str
    foot: str
    sheets: tuple[tuple[Part, ...], ...]


@dataclass(slots=True)
class _Reader:
    """What is known of one visitor, asked in the three ways in which blocks ask."""

    asked: Sequence[Question]
    answers: Mapping[str, Any]
    at: datetime
    names: set[str] = field(init=False)
    by_name: dict[str, Question] = field(init=False)
    record: dict[str, Any] = field(init=False)
    given: Given = field(init=False)

    def __post_init__(self) -> None:
        named = [one for one in self.asked if one.name]
        self.by_name = {one.name: one for one in named}
        self.names = set(self.by_name)
        self.record = {
            one.name: language.read_value(logic_field(one), self.answers.get(one.name))
            for one in named
        }
        known = {name: self.answers.get(name) for name in self.names}
        self.given = Given(known, self.at.date().isoformat(), points(self.asked))

    def holds(self, rule: Mapping[str, Any] | None) -> bool:
        """Whether a block is shown; one whose rule asks about what is gone is not."""
        if not rule:
            return True
        try:
            tree = language.parse(rule, catalogue(self.asked), check_values=False)
        except Invalid:
            return False
        return language.matches(tree, self.record, at=self.at)

    def number(self, formula: str) -> float | None:
        """What a formula gives; None where it gives no number."""
        try:
            found = compute(parse(formula, self.names), self.given)
        except FormulaError:
            return None
        return float(found) if isinstance(found, int | float) and found is not True else None

    def filled(self, text: str) -> str:
        """A text with what stands for its names."""
        return "".join(part if kind == "text" else self._shown(part) for kind, part in places(text))

    def _shown(self, name: str) -> str:
        question, value = self.by_name.get(name), self.answers.get(name)
        if question is None or value in (None, "", []):
            return MISSING
        if question.type == "calculation" and isinstance(value, int | float):
            return written(value, int(question.props.get("decimals") or 0))
        return question.shown(value)


def written(value: float | int, decimals: int, unit: str = "") -> str:
    """A figure as people read it, in the active language: 12,400 €."""
    shown = number_format(rounded(value, decimals), decimals, use_l10n=True, force_grouping=True)
    return f"{shown}\u00a0{unit}" if unit else shown


def filled(
    content: Mapping[str, Any],
    *,
    asked: Sequence[Question],
    answers: Mapping[str, Any],
    at: datetime,
) -> Filled:
    """The report as one visitor reads it; `at` is when she answered."""
    reader = _Reader(asked, answers, here(at))
    sheets = [tuple(_parts(page["blocks"], reader)) for page in content["pages"]]
    settings = content["settings"]
    return Filled(
        reader.filled(str(settings.get("title") or "")),
        str(settings.get("foot") or ""),
        tuple(sheet for sheet in sheets if sheet),
    )


def report_of(form: Form) -> Report | None:
    """The report of a form, as a draft or live; None where nobody made one."""
    return Report.objects.select_related("form", "live").filter(form=form).first()


def of_submission(content: Mapping[str, Any], submission: Submission) -> Filled:
    """The report of somebody who sent the form, worked out from what she sent."""
    asked = questions(submission.version.content)
    return filled(content, asked=asked, answers=submission.answers, at=submission.received_at)


def _parts(items: Iterable[Mapping[str, Any]], reader: _Reader) -> list[Part]:
    found: list[Part] = []
    chart: list[Mapping[str, Any]] = []
    for item in [*items, None]:
        if item is not None and item["type"] == "bar":
            if reader.holds(item["props"].get("show_when")):
                chart.append(item["props"])
            continue
        if chart:
            found.append(_chart(chart, reader))
            chart = []
        part = _part(item, reader) if item is not None else None
        if part is not None:
            found.append(part)
    return found


def _part(item: Mapping[str, Any], reader: _Reader) -> Part | None:
    kind, props = item["type"], item["props"]
    if not reader.holds(props.get("show_when")):
        return None
    if kind == "number":
        found = reader.number(str(props["formula"]))
        decimals, unit = int(props.get("decimals") or 0), str(props.get("unit") or "")
        told = MISSING if found is None else written(found, decimals, unit)
        return Part("number", text=reader.filled(str(props["label"])), value=told)
    if kind == "advice":
        return _advice(props, reader)
    if kind == "answers":
        return Part("answers", text=str(props["text"]), rows=_answers(reader))
    if kind == "button":
        return Part("button", text=str(props["text"]), url=str(props["url"]))
    sub = reader.filled(str(props.get("sub") or ""))
    return Part(kind, text=reader.filled(str(props["text"])), sub=sub)


def _advice(props: Mapping[str, Any], reader: _Reader) -> Part | None:
    found = reader.number(str(props["formula"]))
    low, high = props.get("at_least"), props.get("below")
    if found is None or (low is not None and found < low) or (high is not None and found >= high):
        return None
    title = reader.filled(str(props.get("title") or ""))
    return Part("advice", text=reader.filled(str(props["text"])), sub=title)


def _chart(rows: Sequence[Mapping[str, Any]], reader: _Reader) -> Part:
    values = [reader.number(str(row["formula"])) for row in rows]
    longest = max((value for value in values if value is not None), default=0.0)
    bars = []
    for row, value in zip(rows, values, strict=True):
        most = row.get("most") or longest
        share = 0 if value is None or most <= 0 else round(100 * min(max(value / most, 0), 1))
        decimals, unit = int(row.get("decimals") or 0), str(row.get("unit") or "")
        told = MISSING if value is None else written(value, decimals, unit)
        bars.append(Bar(str(row["label"]), told, share))
    return Part("bars", bars=tuple(bars))


def _answers(reader: _Reader) -> tuple[tuple[str, str], ...]:
    told = [one for one in reader.asked if one.is_open and one.type not in _UNTOLD]
    return tuple(
        (one.label, one.told(reader.answers[one.name]))
        for one in told
        if reader.answers.get(one.name) not in (None, "", [])
    )


def sample(asked: Sequence[Question]) -> dict[str, Any]:
    """Made-up answers for a preview: the first choice, a plausible number, words for texts."""
    return {one.name: value for one in asked if (value := _sample(one)) is not None}


def _sample(one: Question) -> Any:
    if options := one.options():
        first = options[0][0]
        return [first] if one.props.get("is_multiple") else first
    if one.type in {"number", "money", "rating", "scale"}:
        low = one.props.get("at_least") or one.props.get("lowest") or 0
        return max(low, 3 if one.type in {"rating", "scale"} else 12)
    if one.type in {"yes_no", "consent"}:
        return True
    named = {"email": "ada@north.example", "date": "2026-11-02", "phone": "+49 30 901820"}
    texts = {"first_name": "Ada", "last_name": "North", "full_name": "Ada North"}
    if one.type in {"short_text", "long_text"}:
        return texts.get(one.save_to, _("an answer"))
    return named.get(one.type)

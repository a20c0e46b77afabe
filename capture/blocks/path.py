"""The way through a form: which pages and blocks a visitor meets, given what she answered so far.

`static/js/path.js` walks the same way, step by step; keep the two alike. Pages come in their order; one
whose rule does not hold is passed over; at the foot of a page the first jump whose rule holds leads to a
later page or to the end. A rule sees only what stands above it and was itself shown, or
was set by a rule of its own.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from capture.blocks.asking import Question, catalogue, logic_field, questions
from capture.blocks.calculating import formulas, points
from capture.blocks.setting import BLANK, value_of
from leadflow.conditions import language
from leadflow.errors import Invalid
from leadflow.formulas.computing import Given, Value, compute, rounded
from leadflow.formulas.parsing import Tree

END = "end"  # where a jump leads that ends the form
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a tree for the server, and as JSON for the browser."""

    tree: language.Group
    document: Document


@dataclass(frozen=True, slots=True)
class Step:
    """One block of the way."""

    id: str
    question: Question | None = None
    show: Rule | None = None
    require: Rule | None = None
    formula: Tree | None = None
    cases: tuple[tuple[Rule, str], ...] = ()
    sets: tuple[tuple[Rule, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the way, and where its foot may lead."""

    id: str
    steps: tuple[Step, ...]
    show: Rule | None = None
    jumps: tuple[tuple[Rule, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All ways through a document; made once per version."""

    pages: tuple[Page, ...] = ()
    endings: tuple[tuple[str, Rule | None], ...] = ()
    points: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def has_rules(self) -> bool:
        """Whether anything depends on an answer, so that the day matters."""
        return any(rule for _id, rule in self.endings) or any(
            page.show
            or page.jumps
            or any(s.show or s.require or s.cases or s.sets for s in page.steps)
            for page in self.pages
        )


@dataclass(slots=True)
class Walk:
    """The way of one visitor: what she met, what she must answer, what was worked out for her."""

    pages: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    values: dict[str, Any] = field(default_factory=dict)
    ending: str = ""


def plan_of(content: Document) -> Plan:
    """The plan of a document; in a draft, of those rules that are whole."""
    asked = questions(content)
    by_id = {one.id: one for one in asked}
    read = _reader(catalogue(asked))
    trees = formulas(content)
    return Plan(
        tuple(_page(page, by_id, trees, read) for page in content["pages"]),
        tuple((row["id"], read(row.get("when"))) for row in endings(content)),
        points(asked),
    )


def _reader(known: language.Catalogue) -> Any:
    def read(document: Document | None) -> Rule | None:
        if not document:
            return None
        with suppress(Invalid):  # half written in a draft; publishing refuses it
            return Rule(language.parse(document, known, check_values=False), document)
        return None

    return read


def _page(
    page: Document, by_id: Mapping[str, Question], trees: Mapping[str, Tree], read: Any
) -> Page:
    props = page.get("props") or {}
    steps = (_step(item, by_id.get(item["id"]), trees, read) for item in page["blocks"])
    jumps = _cases(props.get("jumps"), "to", read)
    return Page(page["id"], tuple(steps), read(props.get("show_when")), jumps)


def _step(item: Document, question: Question | None, trees: Mapping[str, Tree], read: Any) -> Step:
    props = item["props"]
    return Step(
        item["id"], question, read(props.get("show_when")), read(props.get("require_when")),
        trees.get(item["id"]), _cases(props.get("cases"), "value", read), _sets(question, read),
    )  # fmt: skip


def _cases(rows: Any, key: str, read: Any) -> tuple[tuple[Rule, str], ...]:
    found = ((read(row.get("when")), str(row.get(key) or "")) for row in rows or [])
    return tuple((rule, value) for rule, value in found if rule and value)


def _sets(question: Question | None, read: Any) -> tuple[tuple[Rule, Any], ...]:
    if question is None:
        return ()
    rows = question.props.get("sets") or []
    found = ((read(row.get("when")), value_of(question, row.get("value"))) for row in rows)
    return tuple((rule, value) for rule, value in found if rule and value is not None)


def endings(content: Document) -> list[dict[str, Any]]:
    """The endings of a document beside the form's own, in the order in which they are tried."""
    rows = content["settings"].get("endings") or []
    return [{**row, "id": str(place)} for place, row in enumerate(rows, start=1)]


def ending_of(content: Document, key: str) -> dict[str, Any] | None:
    """The ending of that id; None for the form's own."""
    return next((row for row in endings(content) if row["id"] == key), None)


def walk(plan: Plan, given: Mapping[str, Any], *, at: datetime | None = None) -> Walk:
    """The way of who answered `given` (checked values by name). `at` may be left out where no rule is."""
    return _Walker(plan, given, at).walk()


class _Walker:
    """One walk; `record` is what rules see, `known` what formulas do."""

    def __init__(self, plan: Plan, given: Mapping[str, Any], at: datetime | None) -> None:
        self.plan = plan
        self.given = given
        self.at = at
        self.record: dict[str, Any] = {}
        self.known: dict[str, Any] = {}
        self.found = Walk()

    def walk(self) -> Walk:
        goal = ""
        for page in self.plan.pages:
            if goal == page.id:
                goal = ""
            reached = not goal and self.holds(page.show)
            if reached:
                self.found.pages.append(page.id)
            for step in page.steps:
                self.take(step, reached=reached)
            if reached:
                goal = self.first(page.jumps, "")
        ends = (ending for ending, rule in self.plan.endings if self.holds(rule))
        self.found.ending = next(ends, "")
        return self.found

    def holds(self, rule: Rule | None) -> bool:
        if rule is None or self.at is None:
            return True
        return language.matches(rule.tree, self.record, at=self.at)

    def first(self, cases: tuple[tuple[Rule, Any], ...], fallback: Any) -> Any:
        return next((value for rule, value in cases if self.holds(rule)), fallback)

    def take(self, step: Step, *, reached: bool) -> None:
        question = step.question
        if question is not None and question.type in {"hidden", "url_param"}:
            self.note(question, self.carried(step, question))
            return
        is_shown = reached and self.holds(step.show)
        if is_shown:
            self.found.shown.add(step.id)
        if question is None or self.is_set(step, question, is_shown=is_shown) or not is_shown:
            return
        if question.type == "calculation":
            self.work_out(step, question)
            return
        if question.props.get("is_required") or (step.require and self.holds(step.require)):
            self.found.required.add(question.name)
        value = self.given.get(question.name)
        self.known[question.name] = value
        self.record[question.name] = for_rules(question, value)

    def is_set(self, step: Step, question: Question, *, is_shown: bool) -> bool:
        """Whether a rule answers it, since the visitor left it blank or was not asked."""
        if is_shown and self.given.get(question.name) not in BLANK:
            return False
        value = self.first(step.sets, None)
        if value is None:
            return False
        self.note(question, value)
        return True

    def carried(self, step: Step, question: Question) -> str | None:
        if question.type == "url_param":
            return self.given.get(question.name) or None
        return self.first(step.cases, str(question.props.get("value") or "")) or None

    def work_out(self, step: Step, question: Question) -> None:
        if step.formula is None or self.at is None:
            return
        given = Given(self.known, self.at.date().isoformat(), self.plan.points)
        self.note(question, _kept(question, compute(step.formula, given)))

    def note(self, question: Question, value: Any) -> None:
        """A value that is ours and not the visitor's word."""
        self.known[question.name] = value
        self.record[question.name] = for_rules(question, value)
        if value is not None:
            self.found.values[question.name] = value


def for_rules(question: Question, value: Any) -> Any:
    """An answer as rules see it; a file by its name."""
    return language.read_value(logic_field(question), value)


def _kept(question: Question, value: Value) -> str | float | int | None:
    """A result of the kind that the calculation promises; a number is kept as JSON keeps numbers."""
    if question.props.get("gives") == "text":
        return value[:500] or None if isinstance(value, str) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    found = rounded(value, int(question.props.get("decimals") or 0))
    return int(found) if found == int(found) else found


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as the page's script reads it."""
    return {
        "pages": [
            {
                "id": page.id,
                "show": _document(page.show),
                "jumps": _cases_json(page.jumps),
                "blocks": [_step_json(step) for step in page.steps],
            }
            for page in plan.pages
        ],
        "endings": [{"id": key, "when": _document(rule)} for key, rule in plan.endings],
        "points": plan.points,
    }


def _document(rule: Rule | None) -> Document | None:
    return rule.document if rule else None


def _cases_json(cases: tuple[tuple[Rule, Any], ...]) -> list[list[Any]]:
    return [[rule.document, value] for rule, value in cases]


def _step_json(step: Step) -> dict[str, Any]:
    told: dict[str, Any] = {"id": step.id, "show": _document(step.show)}
    one = step.question
    if one is None or one.is_gated:  # nothing of a result for the report reaches the browser
        return told
    told |= {"name": one.name, "type": one.type, "required": bool(one.props.get("is_required"))}
    if step.require:
        told["require"] = step.require.document
    if step.sets:
        told["sets"] = _cases_json(step.sets)
    if one.type == "hidden":
        told |= {"value": str(one.props.get("value") or ""), "cases": _cases_json(step.cases)}
    if step.formula is not None:
        told |= {
            "formula": step.formula,
            "gives": one.props.get("gives") or "number",
            "decimals": int(one.props.get("decimals") or 0),
        }
    return told


def above(content: Document) -> Iterator[tuple[str, str, Any, list[Question]]]:
    """Every rule of a document: the id of its block or page, the property, the rule, what it may ask."""
    by_id = {one.id: one for one in questions(content)}
    met: list[Question] = []
    for page in content["pages"]:
        props = page.get("props") or {}
        yield page["id"], "show_when", props.get("show_when"), list(met)
        for item in page["blocks"]:
            for key, rule in _rules_of(item["props"]):
                yield item["id"], key, rule, list(met)
            if item["id"] in by_id:
                met.append(by_id[item["id"]])
        for row in props.get("jumps") or []:
            yield page["id"], "jumps", row.get("when"), list(met)
    for row in endings(content):
        yield "", "endings", row.get("when"), list(met)


def _rules_of(props: Document) -> Iterator[tuple[str, Any]]:
    for key in ("show_when", "require_when"):
        yield key, props.get(key)
    for key in ("cases", "sets"):
        yield from ((key, row.get("when")) for row in props.get(key) or [])

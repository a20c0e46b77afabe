"""The questions of a form: what each asks, where its answer goes, and when it is shown."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _t

from leadflow.blocks import documents
from leadflow.blocks.schema import Problem
from leadflow.conditions import language
from leadflow.conditions.fields import catalogue_of
from leadflow.errors import Invalid

_LOGIC_TYPES = {
    "number": language.Type.NUMBER,
    "yes_no": language.Type.BOOLEAN,
    "consent": language.Type.BOOLEAN,
    "dropdown": language.Type.CHOICE,
}


@dataclass(frozen=True, slots=True)
class Question:
    """A block that asks for, or carries, a value."""

    id: str
    type: str
    name: str
    label: str
    props: Mapping[str, Any] = field(default_factory=dict)

    @property
    def save_to(self) -> str:
        """The lead field that takes the value, or nothing."""
        if self.type in {"email", "phone"}:
            return ""
        return str(self.props.get("save_to") or "")

    @property
    def is_open(self) -> bool:
        """Whether the visitor answers it herself."""
        return self.type not in {"hidden", "url_param", "calculation"}

    @property
    def is_known(self) -> bool:
        """Whether rules and formulas below may ask about it: answered, or worked out."""
        return bool(self.name) and (self.is_open or self.type == "calculation")

    @property
    def formula(self) -> str:
        """How a calculation is worked out."""
        return str(self.props.get("formula") or "")

    @property
    def show_when(self) -> dict[str, Any] | None:
        """The rule under which it is asked; None means always."""
        return self.props.get("show_when") or None

    def rows(self) -> list[dict[str, Any]]:
        """The answers to choose from, as the editor keeps them."""
        return list(self.props.get("options", []))

    def options(self) -> list[tuple[str, str]]:
        """The answers to choose from."""
        return [(str(row["value"]), str(row["label"])) for row in self.rows()]

    def shown(self, value: Any) -> str:
        """A stored value as people read it."""
        labels = dict(self.options())
        if isinstance(value, list):
            return ", ".join(labels.get(str(item), str(item)) for item in value)
        if isinstance(value, bool):
            return _t("Yes") if value else _t("No")
        return labels.get(str(value), str(value))


def questions(content: Mapping[str, Any]) -> list[Question]:
    """Every question of a document in reading order."""
    found = []
    for item in documents.blocks(content):
        props = item["props"]
        if "name" in props:
            label = props.get("label") or props.get("text") or item["type"]
            found.append(Question(item["id"], item["type"], props["name"], label, props))
    return found


@dataclass(frozen=True, slots=True)
class Rule:
    """When a block is shown: as a tree for the server, as JSON for the browser."""

    tree: language.Group
    document: Mapping[str, Any]


def logic_field(question: Question) -> language.Field:
    """A question as something that a "show when" rule can ask about."""
    kind = _LOGIC_TYPES.get(question.type, language.Type.TEXT)
    if question.type == "calculation" and question.props.get("gives") != "text":
        kind = language.Type.NUMBER
    if question.type == "choice":
        many = question.props.get("is_multiple")
        kind = language.Type.CHOICES if many else language.Type.CHOICE
    choices = tuple(question.options())
    return language.Field(question.name, question.label, kind, choices=choices)


def catalogue(asked: Iterable[Question]) -> language.Catalogue:
    """What a rule of this form can ask about: every question answered or worked out."""
    return catalogue_of(logic_field(one) for one in asked if one.is_known)


def rules(content: Mapping[str, Any]) -> dict[str, Rule]:
    """The rules of a document by block id; in a draft, those that are whole."""
    known = catalogue(questions(content))
    found = {}
    for item in documents.blocks(content):
        document = item["props"].get("show_when")
        if document:
            with suppress(Invalid):  # half written in a draft; publishing refuses it
                tree = language.parse(document, known, check_values=False)
                found[item["id"]] = Rule(tree, document)
    return found


def walked(
    content: Mapping[str, Any],
) -> Iterator[tuple[dict[str, Any], Question | None, list[Question]]]:
    """Every block in reading order, with its question where it is one, and the questions above it."""
    by_id = {one.id: one for one in questions(content)}
    above: list[Question] = []
    for item in documents.blocks(content):
        question = by_id.get(item["id"])
        yield item, question, above
        if question is not None:
            above.append(question)


def rule_problems(content: Mapping[str, Any]) -> Iterator[Problem]:
    """A rule may ask only about questions above its block."""
    for item, _question, above in walked(content):
        document = item["props"].get("show_when")
        if document:
            try:
                language.parse(document, catalogue(above))
            except Invalid as error:
                where = f"{item['id']}.show_when"
                yield Problem(where, _t("Show when: %(why)s") % {"why": error.message}, item["id"])

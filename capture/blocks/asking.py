"""The questions of a form: what each asks, where its answer goes, and when it is shown."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _t

from leadflow.blocks import documents
from leadflow.calendars.letters import moment
from leadflow.conditions import language
from leadflow.conditions.fields import catalogue_of
from leadflow.kit import zones

_LOGIC_TYPES = {
    "number": language.Type.NUMBER,
    "money": language.Type.NUMBER,
    "rating": language.Type.NUMBER,
    "scale": language.Type.NUMBER,
    "date": language.Type.DATE,
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
        if self.type in {"email", "phone", "file", "slots"}:
            return ""
        return str(self.props.get("save_to") or "")

    @property
    def is_open(self) -> bool:
        """Whether the visitor answers it herself."""
        return self.type not in {"hidden", "url_param", "calculation"}

    @property
    def is_known(self) -> bool:
        """Whether rules and formulas below may ask about it: answered, worked out or carried."""
        return bool(self.name)

    @property
    def is_gated(self) -> bool:
        """Whether only the server works it out, after the form was sent."""
        return self.type == "calculation" and bool(self.props.get("is_gated"))

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
        if self.type in _AS_SHOWN:
            return _AS_SHOWN[self.type](self, value)
        return labels.get(str(value), str(value))

    def told(self, value: Any) -> str:
        """A stored value in a list of answers: an amount of something with its unit."""
        unit = str(self.props.get("unit") or "")
        if not unit or isinstance(value, bool) or not isinstance(value, int | float):
            return self.shown(value)
        return f"{number_format(value, use_l10n=True, force_grouping=True)} {unit}"


def _as_money(question: Question, value: Any) -> str:
    amount = number_format(value, 2 if value % 1 else 0, use_l10n=True, force_grouping=True)
    return f"{amount} {question.props.get('currency', '')}"


def _as_day(_question: Question, value: Any) -> str:
    day = parse_date(str(value))
    return date_format(day) if day else str(value)


def _as_slot(_question: Question, value: Any) -> str:
    told = zones.read(str(value))
    return moment(*told) if told else str(value)


def _as_place(question: Question, value: Any) -> str:
    most = question.props.get("stars") or question.props.get("highest")
    return _t("%(n)s of %(most)s") % {"n": value, "most": most}


_AS_SHOWN: dict[str, Callable[[Question, Any], str]] = {
    "money": _as_money,
    "date": _as_day,
    "slots": _as_slot,
    "rating": _as_place,
    "scale": _as_place,
}


def questions(content: Mapping[str, Any]) -> list[Question]:
    """Every question of a document in reading order."""
    found = []
    for item in documents.blocks(content):
        props = item["props"]
        if "name" in props:
            label = props.get("label") or props.get("text") or item["type"]
            found.append(Question(item["id"], item["type"], props["name"], label, props))
    return found


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
    """What a rule of this form can ask about: every question, and every value that we add."""
    return catalogue_of(logic_field(one) for one in asked if one.is_known)


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

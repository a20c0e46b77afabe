"""What is different between two versions of a sequence, as data and in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions import fields as known_fields
from leadflow.conditions.language import explain, parse
from leadflow.errors import Invalid
from leadflow.kit.text import truncate
from nurturing import rules
from nurturing.rules import Step
from nurturing.services.steps import step_name

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
_SAID = 120
# Kept beside what people see: compiled templates, ids, and the steps that a step holds.
_UNSEEN = frozenset({"id", "type", "programs", "yes", "no", "ways", "steps"})
_FIELDS = {
    "subject": lazy("Subject"), "preheader": lazy("Preview text"), "body": lazy("Message"),
    "sender": lazy("From"), "design": lazy("Design"), "offer": lazy("Offer"),
    "manual": lazy("Sent by the owner"),
    "amount": lazy("How long"), "unit": lazy("Unit"), "at": lazy("Time of day"),
    "until": lazy("Waits for"), "field": lazy("Field"), "days": lazy("Days"),
    "step": lazy("To-do"), "most_days": lazy("Days at most"), "title": lazy("Title"),
    "due_days": lazy("Days to do it"), "kind": lazy("Kind"), "rule": lazy("Question"),
    "shares": lazy("Shares"), "winner": lazy("Winner"), "value": lazy("Value"), "tag": lazy("Tag"),
    "remove": lazy("Takes away"), "segment": lazy("List"), "event": lazy("Score event"),
    "points": lazy("Points"), "endpoint": lazy("Webhook"), "whom": lazy("Who is told"),
    "words": lazy("Words"), "stage": lazy("Stage"),
}  # fmt: skip
_PARTS = {
    "trigger": lazy("Who enters"), "goal": lazy("Goal"), "exits": lazy("Ends early when"),
    "again": lazy("Enters again"), "window": lazy("Sending hours"), "holdout": lazy("Held back"),
    "count_opens": lazy("Counting opens"),
    "max_days": lazy("Days inside at most"), "suppress": lazy("Segments kept out"),
    "purpose": lazy("Purpose"), "kind": lazy("Kind"),
}  # fmt: skip


@dataclass(frozen=True)
class FieldChange:
    """One field of a step, or one part of the sequence, with what it was and what it is, in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """A step that is new, gone, elsewhere or not what it was; `step` is its id, empty for a part."""

    kind: str
    step: str
    name: str
    fields: list[FieldChange] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The change as a sentence."""
        said = {
            ADDED: _("%(step)s was added."),
            REMOVED: _("%(step)s was removed."),
            MOVED: _("%(step)s stands elsewhere."),
            CHANGED: _("%(step)s: %(fields)s changed."),
        }[self.kind]
        names = ", ".join(one.name for one in self.fields)
        return said % {"step": self.name, "fields": names}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Everything that a person would notice, the parts of the sequence first, then its steps in order."""
    return [*_parts(before, after), *_steps(before, after)]


def _parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key, label in _PARTS.items():
        old, new = before.get(key), after.get(key)
        if (old or None) != (new or None):
            yield Change(CHANGED, "", str(label), [FieldChange(str(label), _said(old), _said(new))])


def _steps(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = rules.Tree(before["steps"]).places, rules.Tree(after["steps"]).places
    for step_id, place in old.items():
        if step_id not in new:
            yield Change(REMOVED, step_id, step_name(place.step))
    elsewhere = _moved([one for one in old if one in new], [one for one in new if one in old])
    for step_id, place in new.items():
        if step_id not in old:
            yield Change(ADDED, step_id, step_name(place.step))
            continue
        if found := list(_changed(old[step_id].step, place.step)):
            yield Change(CHANGED, step_id, step_name(place.step), found)
        if step_id in elsewhere or old[step_id].path != place.path:
            yield Change(MOVED, step_id, step_name(place.step))


def _moved(old: list[str], new: list[str]) -> set[str]:
    """The fewest steps that have to be lifted out for the others to stand in the order that they had."""
    rank = {step: place for place, step in enumerate(old)}
    best: list[list[str]] = []
    for step in new:
        best.append([*_longest(run for run in best if rank[run[-1]] < rank[step]), step])
    return set(new) - set(_longest(best))


def _longest(runs: Iterable[list[str]]) -> list[str]:
    return max(runs, key=lambda run: len(run), default=[])


def _changed(old: Step, new: Step) -> Iterator[FieldChange]:
    before, after = _seen(old), _seen(new)
    for key in dict.fromkeys([*before, *after]):
        if (before.get(key) or None) != (after.get(key) or None):
            label = str(_FIELDS.get(key, key))
            yield FieldChange(label, _said(before.get(key)), _said(after.get(key)))


def _seen(step: Step) -> dict[str, Any]:
    found = {key: value for key, value in step.items() if key not in _UNSEEN}
    if step["type"] == "split":
        found["shares"] = [way["share"] for way in step["ways"]]
    return found


def _said(value: Any) -> str:
    """A value as a person reads it, cut short."""
    if value in (None, "", [], {}):
        return ""
    match value:
        case bool():
            return _("yes") if value else _("no")
        case list():
            return truncate(", ".join(str(one) for one in value), _SAID)
        case {"all": _} | {"any": _} | {"none": _}:
            return truncate(_rule(value), _SAID)
        case dict():
            pairs = (f"{key} {_said(one)}".strip() for key, one in value.items() if one)
            return truncate(", ".join(pairs), _SAID)
    return truncate(str(value), _SAID)


def _rule(rule: Mapping[str, Any]) -> str:
    catalogue = known_fields.catalogue("lead")
    try:
        return explain(parse(rule, catalogue, check_values=False), catalogue)
    except Invalid:
        return ""

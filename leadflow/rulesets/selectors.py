"""Which rules hold, which held then, and which rules use a field."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from leadflow.kit.remembering import remembered
from leadflow.rulesets.models import RuleSet, RuleVersion


def current(rule_set: RuleSet, at: datetime | None = None) -> RuleVersion | None:
    """The version that decides, now or at a time; None before the first publishing."""
    if at is None:
        return rule_set.versions.filter(state=RuleVersion.State.PUBLISHED).first()
    held = (
        rule_set.publishings.filter(at__lte=at)
        .select_related("version")
        .order_by("-at", "-id")
        .first()
    )
    return held.version if held else None


def draft(rule_set: RuleSet) -> RuleVersion | None:
    """What is being edited, if anything is."""
    return rule_set.versions.filter(state=RuleVersion.State.DRAFT).first()


def editable(rule_set: RuleSet) -> RuleVersion | None:
    """What an editor opens: the draft, else the version that decides."""
    return draft(rule_set) or current(rule_set)


@remembered
def published(kind: str) -> list[RuleVersion]:
    """The deciding versions of every living rule set of a kind, by the name of the set."""
    rows = RuleVersion.objects.filter(
        rule_set__kind=kind, rule_set__archived_at=None, state=RuleVersion.State.PUBLISHED
    )
    return list(rows.select_related("rule_set").order_by("rule_set__name", "id"))


def using_field(key: str) -> list[RuleSet]:
    """Living rule sets whose deciding version names the field: it may not be deleted or renamed."""
    versions = RuleVersion.objects.filter(
        state=RuleVersion.State.PUBLISHED, rule_set__archived_at=None
    )
    return [
        version.rule_set
        for version in versions.select_related("rule_set").order_by("rule_set__name")
        if key in set(_fields_in(version.document))
    ]


def _fields_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("field"), str):
            yield node["field"]
        yield from _fields_of_each(node.values())
    elif isinstance(node, list):
        yield from _fields_of_each(node)


def _fields_of_each(nodes: Iterable[Any]) -> Iterator[str]:
    for node in nodes:
        yield from _fields_in(node)

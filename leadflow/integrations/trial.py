"""What a mapping would make of a sample, before anything is saved; looks up who is known, writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.integrations import hooks, intake, maps, paths
from leadflow.integrations.models import InboundHook

MOST_SHOWN = 20


@dataclass(frozen=True)
class Trial:
    """A sample as a tree, what each field finds in it, what is wrong, and what would be made."""

    leaves: Sequence[paths.Leaf] = ()
    records: int = 0
    found: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    sentences: Sequence[str] = ()
    problems: Sequence[str] = ()  # of the whole

    @property
    def more(self) -> int:
        """How many records are not told one by one."""
        return max(self.records - MOST_SHOWN, 0)


def attempt(*, hook: InboundHook, document: Mapping[str, Any], sample: str) -> Trial:
    """Read the sample by the mapping as it stands, also by one that cannot be saved yet."""
    if not sample.strip():
        return Trial()
    try:
        body = paths.read(sample.encode("utf-8", "replace"))
    except ValueError as error:
        return Trial(wrong={"sample": str(error)})
    records = _records(document, body)
    record = records[0] if records else body
    found, wrong = _found(document, record)
    leaves = paths.leaves(record)
    try:
        maps.check(document, hook.makes, hooks.custom_labels())
        told = maps.read(document, body, hook.makes)
    except Invalid as refusal:
        problems = [str(one) for one in refusal.fields.get("__all__", ())]
        said = {key: " ".join(map(str, why)) for key, why in refusal.fields.items()}
        said.pop("__all__", None)
        of_whole = problems or ([] if said else [refusal.message])
        return Trial(leaves, len(records), found, wrong | said, (), of_whole)
    wrong |= _refused(told)
    made = [intake.sentence(hook, one) for one in told[:MOST_SHOWN] if not one.problems]
    return Trial(leaves, len(records), found, wrong, made)


def _records(document: Mapping[str, Any], body: paths.Json) -> list[paths.Json]:
    try:
        return maps.records(document, body)
    except (Invalid, ValueError):
        return []


def _found(
    document: Mapping[str, Any], record: paths.Json
) -> tuple[dict[str, str], dict[str, str]]:
    """What stands at each path, and which path or change cannot be read."""
    found, wrong = {}, {}
    for key, rule in document["fields"].items():
        try:
            found[key] = ", ".join(maps.found(rule, record)[:5])
        except ValueError as error:
            wrong[key] = str(error)
    return found, wrong


def _refused(told: Sequence[maps.Reading]) -> dict[str, str]:
    """The first problem of each field; where there are several records, of which."""
    said: dict[str, str] = {}
    for number, one in enumerate(told, start=1):
        where = _("Record %d. ") % number if len(told) > 1 else ""
        for key, why in one.problems.items():
            said.setdefault(key, where + why)
    return said

"""Designs of mails as lists show them, and where each is used."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from leadflow.mail.models import MailDesign
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from nurturing.models import Broadcast, Sequence
from nurturing.rules import all_steps


@dataclass
class Use:
    """A sequence or a broadcast that a design is used in."""

    name: str
    url: str


@dataclass
class Line:
    """One design of the list."""

    design: MailDesign
    uses: list[Use] = field(default_factory=list)


def listed(user: User, *, archived: bool, most: int) -> list[Line]:
    """The newest designs with what uses them."""
    rows = MailDesign.objects.visible_to(user).select_related("live")
    rows = rows.filter(archived_at__isnull=not archived)[:most]
    found = {row.pk: Line(row) for row in rows}
    for pk, uses in used(found).items():
        found[pk].uses = uses
    return list(found.values())


def used(ids: Iterable[int]) -> dict[int, list[Use]]:
    """What uses these designs: drafts and published versions of sequences, and broadcasts."""
    wanted = set(ids)
    found: dict[int, list[Use]] = defaultdict(list)
    casts = Broadcast.objects.filter(design__in=wanted, archived_at=None)
    for pk, name, used_by in casts.values_list("pk", "name", "design_id"):
        found[used_by or 0].append(Use(name, f"/broadcasts/{pk}/"))
    sequences = Sequence.objects.exclude(state=Sequence.State.ARCHIVED)
    living = {row.rule_set_id: row for row in sequences}
    versions = RuleVersion.objects.filter(rule_set__in=living).exclude(
        state=RuleVersion.State.RETIRED
    )
    seen: set[tuple[int, int]] = set()
    for rule_set, document in versions.values_list("rule_set", "document"):
        for step in all_steps(document.get("steps", [])):
            design = step.get("design")
            if design in wanted and (design, rule_set) not in seen:
                seen.add((design, rule_set))
                row = living[rule_set]
                found[design].append(Use(row.name, row.get_absolute_url()))
    return found

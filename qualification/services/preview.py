"""What publishing the draft would do to the leads there are, before anybody publishes it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leadflow.kit import clock
from leadflow.models import Lead, LeadStage
from leadflow.models.stages import ORDER
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from leadflow.segments.selectors import would_enter
from leadflow.segments.starts import Start, waiting_for
from qualification import rules
from qualification.services import models, scoring

MOST = 5_000
BATCH = 1_000
EXAMPLES = 20
_SCORES = ("fit", "engagement", "bant", "grade", "band", "cell", "priority")


@dataclass(frozen=True)
class Example:
    """A lead whose cell or standing would change."""

    lead: Lead
    old: rules.Verdict
    new: rules.Verdict
    change: str  # "joins", "leaves" or "moves"
    reasons: tuple[str, ...]


@dataclass
class Preview:
    """How many leads would stand elsewhere."""

    looked_at: int = 0
    total: int = 0
    counts: Counter[str] = field(default_factory=Counter)  # moved, joins, leaves
    crossing: list[Example] = field(default_factory=list)
    moving: list[Example] = field(default_factory=list)
    entering: Counter[str] = field(default_factory=Counter)  # trigger -> people

    @property
    def starts(self) -> list[tuple[Start, int]]:
        """The sequences that wait for what would happen, and for how many people at most."""
        waiting = waiting_for(list(+self.entering))
        return [(start, self.entering[start.trigger]) for start in waiting]

    @property
    def examples(self) -> list[Example]:
        """Some who change; those who cross the threshold first."""
        return [*self.crossing, *self.moving][:EXAMPLES]

    @property
    def moved(self) -> int:
        return self.counts["moved"]

    @property
    def joins(self) -> int:
        return self.counts["joins"]

    @property
    def leaves(self) -> int:
        return self.counts["leaves"]

    @property
    def is_sample(self) -> bool:
        return self.looked_at < self.total

    @property
    def unlisted(self) -> int:
        """How many changes the examples leave out."""
        return self.counts["changed"] - len(self.examples)


def preview(draft: RuleVersion, *, by: User, at: datetime | None = None) -> Preview:
    """Decide about the newest leads by both versions. Raises Invalid for a draft that cannot decide."""
    at = at or clock.now()
    models.check(draft.document)
    live = models.live()
    new, old = models.compiled(draft), models.compiled(live or draft)
    rows = Lead.objects.visible_to(by).living()
    ids = list(rows.order_by("-pk").values_list("pk", flat=True)[:MOST])
    found = Preview(looked_at=len(ids), total=rows.count())
    for start in range(0, len(ids), BATCH):
        _look(found, ids[start : start + BATCH], old, new, at)
    return found


def _look(
    found: Preview, ids: list[int], old: models.Compiled, new: models.Compiled, at: datetime
) -> None:
    people = Lead.objects.select_related("company").in_bulk(ids)
    then, soon = scoring.looked_up(old, ids, at), scoring.looked_up(new, ids, at)
    since = scoring.qualified_since(old.version, people.values())
    future: dict[int, dict[str, Any]] = {}
    for pk in ids:
        was = scoring.state_of(then, pk, since.get(pk))
        will = scoring.state_of(soon, pk, since.get(pk))
        before, after = rules.decide(old.model, was, at), rules.decide(new.model, will, at)
        future[pk] = {f"score.{name}": getattr(after, name) for name in _SCORES}
        change = _change(people[pk], before, after, pk in since)
        if change:
            found.counts["changed"] += 1
            found.counts[change] += 1
            found.counts["moved"] += before.cell != after.cell
            listed = found.moving if change == "moves" else found.crossing
            if len(listed) < EXAMPLES:
                why = _reasons(old.model, new.model, was, will, at)
                why = why or _lines_moved(old.model, new.model, before, after)
                listed.append(Example(people[pk], before, after, change, why))
    for segment, who in would_enter(future, at=at).items():
        found.entering[f"segment:{segment}"] += len(who)
    found.entering["cooled"] = found.leaves


def _change(lead: Lead, old: rules.Verdict, new: rules.Verdict, was_qualified: bool) -> str:
    early = ORDER[lead.stage] <= ORDER[LeadStage.MQL] and not lead.disposition
    if early and new.qualifies and not was_qualified and not old.qualifies:
        return "joins"
    if early and was_qualified and not new.qualifies:
        return "leaves"
    return "moves" if old.cell != new.cell else ""


def _reasons(
    old: rules.Model, new: rules.Model, was: rules.State, will: rules.State, at: datetime
) -> tuple[str, ...]:
    """The three rules or groups whose points differ most, in words: "Left a phone number, +10"."""
    before, after = _parts(old, was, at), _parts(new, will, at)
    gaps = {k: after.get(k, 0.0) - before.get(k, 0.0) for k in {*before, *after}}
    strongest = sorted(gaps.items(), key=lambda gap: (-abs(gap[1]), gap[0]))[:3]
    return tuple(
        f"{name}, {'+' if gap > 0 else '−'}{abs(gap):.0f}"
        for name, gap in strongest
        if abs(gap) >= rules.NOISE
    )


def _lines_moved(
    old: rules.Model, new: rules.Model, before: rules.Verdict, after: rules.Verdict
) -> tuple[str, ...]:
    """Where no points differ, what else does: the threshold, a gate or a form."""
    if before.failed_gates != after.failed_gates:
        return (_("Gates"),)
    if (after.cell in old.cells) != (after.cell in new.cells):
        joined = after.cell in new.cells
        words = _("%s is in the threshold now") if joined else _("%s is out of the threshold")
        return (words % after.cell,)
    return (_("Forms that qualify"),)


def _parts(model: rules.Model, state: rules.State, at: datetime) -> dict[str, float]:
    fit = {name: points for name, points in model.attributes if name in state.matched}
    return fit | rules.groups_at(state.sums, model.caps, at)

"""Moving the people inside a sequence to another version of it, by the ids of its steps.

Who stands at a step that both have stays at it; who stands at one that is gone goes to the next that is
left. Nothing that was done is done again. Rows move by one statement for each step, whatever their number.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.mail import services as mail
from leadflow.mail.models import UNFINISHED
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from nurturing import rules
from nurturing.models import MOVING, Enrolment, Reason, Sequence, StepDone
from nurturing.rules import Tree

State = Enrolment.State
_PASSES = 3  # a tick may take somebody further while we look


@dataclass
class Preview:
    """What moving would do, by today's data."""

    moves: int = 0  # people inside who come to the new version
    stays: int = 0  # those who are past the step and finish the version that they have
    places: Counter[str] = field(
        default_factory=Counter
    )  # step of the new version ("" is its end) -> people
    removed: list[str] = field(default_factory=list)  # ids of steps that are gone
    mails: int = 0  # waiting mails of those, which are called off
    again: int = 0  # people who had finished and would go on


@dataclass(frozen=True)
class _Move:
    """Those at one step of one old version, and where they go."""

    rows: QuerySet[Any]
    step: str  # "" behind the last
    to: str


class _Plan:
    """Who of a sequence would move to a document, and where."""

    def __init__(
        self, sequence: Sequence, steps: list[Any], *, unless_past: str = "", but: int | None = None
    ) -> None:
        self.sequence, self.new, self.unless_past = sequence, Tree(steps), unless_past
        inside = Enrolment.objects.under_way().filter(sequence=sequence).exclude(version=but)
        self.inside = inside
        held = set(inside.order_by().values_list("version", flat=True).distinct())
        self.old = {
            pk: Tree(version.document["steps"])
            for pk, version in RuleVersion.objects.in_bulk(held).items()
        }
        self.removed = sorted(
            {
                step
                for tree in self.old.values()
                for step in tree.places
                if step not in self.new.places
            }
        )

    def moves(self) -> Iterator[_Move]:
        """One for each step at which somebody stands who moves."""
        taken = StepDone.objects.filter(enrolment=OuterRef("pk")).order_by("-id").values("step")[:1]
        for pk, tree in self.old.items():
            rows: QuerySet[Any] = self.going(pk, tree)
            rows = rows.annotate(last=Coalesce(Subquery(taken), Value("")))
            for step in rows.order_by().values_list("step", flat=True).distinct():
                at = rows.filter(step=step)
                if step:
                    yield _Move(at, step, surviving(tree, self.new, step))
                else:
                    yield from self._from_end(at, tree)

    def _from_end(self, rows: QuerySet[Any], tree: Tree) -> Iterator[_Move]:
        """Those in the last wait of all: they go on behind it, where something new stands there."""
        for last in rows.order_by().values_list("last", flat=True).distinct():
            yield _Move(rows.filter(last=last), "", behind(tree, self.new, last))

    def going(self, version: int, tree: Tree) -> QuerySet[Enrolment]:
        """Those inside by that version who are not past the step."""
        rows = self.inside.filter(version=version)
        return rows.exclude(self.past(tree)) if self.unless_past else rows

    def past(self, tree: Tree) -> Q:
        """Who has taken the step, or stands behind it."""
        done = StepDone.objects.filter(enrolment=OuterRef("pk"), step=self.unless_past)
        order = list(tree.places)
        later: list[str] = []
        if self.unless_past in order:
            later = [*order[order.index(self.unless_past) + 1 :], ""]
        return Q(Exists(done)) | Q(step__in=later)

    def called_off(self) -> QuerySet[StepDone]:
        """The waiting mails of steps that are gone, of those who move."""
        rows = StepDone.objects.none()
        for pk, tree in self.old.items():
            rows |= StepDone.objects.filter(enrolment__in=self.going(pk, tree).values("pk"))
        return rows.filter(step__in=self.removed, delivery__state__in=UNFINISHED)

    def finished(self) -> Iterator[_Move]:
        """Those who reached the end of an older version by themselves, where new steps stand behind it."""
        inside = Enrolment.objects.under_way().filter(sequence=self.sequence, lead=OuterRef("lead"))
        newer = Enrolment.objects.filter(
            sequence=self.sequence, lead=OuterRef("lead"), run_no__gt=OuterRef("run_no")
        )
        taken = StepDone.objects.filter(enrolment=OuterRef("pk")).order_by("-id").values("step")[:1]
        rows: QuerySet[Any] = Enrolment.objects.filter(
            ~Exists(inside), ~Exists(newer), sequence=self.sequence, state=State.FINISHED,
            reason=Reason.DONE,
        ).annotate(last=Subquery(taken))  # fmt: skip
        pairs = rows.order_by().values_list("version", "last").distinct()
        trees = {
            version.pk: Tree(version.document["steps"])
            for version in RuleVersion.objects.filter(pk__in={pk for pk, _last in pairs})
        }
        for pk, last in pairs:
            to = _continues(trees[pk], self.new, last or "")
            if to:
                yield _Move(rows.filter(version=pk, last=last), "", to)


def surviving(old: Tree, new: Tree, step: str) -> str:
    """The step itself where the new version has it, else the next one that is left; "" where none is."""
    while step and step not in new.places:
        step = old.following(step)
    return step


def behind(old: Tree, new: Tree, last: str) -> str:
    """What comes in the new version after the last step that somebody took in the old."""
    return new.following(last) if last in new.places else surviving(old, new, old.following(last))


def _continues(old: Tree, new: Tree, last: str) -> str:
    """Where somebody who came to the end of the old version would go on; "" where nothing new follows,
    or where a step of hers had ended it."""
    step = old.find(last)
    if step is None or rules.ends_walk(step) or last not in new.places:
        return ""
    to = new.following(last)
    return to if to not in old.places else ""


def preview(
    sequence: Sequence,
    document: Mapping[str, Any],
    *,
    unless_past: str = "",
    but: int | None = None,
) -> Preview:
    """What moving everybody inside to this document would do. Writes nothing."""
    plan = _Plan(sequence, document["steps"], unless_past=unless_past, but=but)
    told = Preview(removed=plan.removed, mails=plan.called_off().count() if plan.removed else 0)
    for move in plan.moves():
        count = move.rows.count()
        told.moves += count
        told.places[move.to] += count
    told.stays = plan.inside.count() - told.moves
    told.again = sum(move.rows.count() for move in plan.finished())
    return told


@transaction.atomic
def migrate(
    sequence: Sequence,
    version: RuleVersion,
    *,
    by: User | None,
    unless_past: str = "",
    also_finished: bool = False,
    at: datetime | None = None,
) -> int:
    """Move the people inside to a version that people enter by; how many. Who is past the step
    `unless_past` finishes the version that she has. `also_finished` lets those go on who had come to
    their end, where new steps stand behind it. Raises Conflict where the version is another's or a draft.
    """
    at = at or clock.now()
    if version.rule_set_id != sequence.rule_set_id or version.state != RuleVersion.State.PUBLISHED:
        raise Conflict(_("People can only be moved to the version that runs."))
    Sequence.objects.select_for_update(of=("self",)).get(pk=sequence.pk)
    moved = 0
    for _pass in range(_PASSES):
        plan = _Plan(sequence, version.document["steps"], unless_past=unless_past, but=version.pk)
        done = _move(plan, version, at)
        moved += done
        if not done:
            break
    again = _let_go_on(plan, version, at) if also_finished else 0
    data = {
        "name": sequence.name, "number": version.number, "count": moved + again, "again": again,
        "unless_past": unless_past,
    }  # fmt: skip
    record(Kind.SEQUENCE_MIGRATED, by=by, subject=sequence, data=data, at=at)
    return moved + again


def _move(plan: _Plan, version: RuleVersion, at: datetime) -> int:
    if plan.removed:
        keys = plan.called_off().values_list("delivery__key", flat=True)
        mail.cancel(keys=list(keys), reason=_("Its step was removed"))
    moved = 0
    for move in list(plan.moves()):
        ids = list(move.rows.order_by("pk").values_list("pk", flat=True))
        stand = Enrolment.objects.filter(pk__in=ids)
        values: dict[str, Any] = {"version": version, "step": move.to, "retraces": True}
        if move.step != move.to:  # whatever kept her at the other step keeps her no more
            values |= {"deferred_since": None, "deferred_by": ""}
            stand.filter(waits_for__isnull=False, state__in=MOVING).update(due_at=at)
            values["waits_for"] = None
        moved += stand.filter(step=move.step).exclude(version=version).update(**values)
    return moved


def _let_go_on(plan: _Plan, version: RuleVersion, at: datetime) -> int:
    count = 0
    for move in list(plan.finished()):
        ids = list(move.rows.values_list("pk", flat=True))
        count += Enrolment.objects.filter(pk__in=ids, state=State.FINISHED).update(
            version=version, step=move.to, state=State.ACTIVE, due_at=at, ended_at=None, reason="",
            detail="", retraces=True,
        )  # fmt: skip
    return count

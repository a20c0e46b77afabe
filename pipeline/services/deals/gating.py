"""What stages ask before a deal comes in: fields, a checklist, room under the limit.

Gates stand on the way forward only: whoever passes over stages answers for each of them, and going
back is free. The limit counts everybody's deals together, or those of each owner by themselves, from
whichever side the next one comes; a deal that is nobody's is in no owner's count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.people.models import User
from pipeline.models import Ask, Deal, DealTick, PipelineStage, StageCheck, StageKind

_LABELS = dict(Ask.choices)


@dataclass(frozen=True)
class Gate:
    """What one deal lacks for one stage."""

    stage: PipelineStage
    fields: Sequence[str] = ()
    checks: Sequence[StageCheck] = ()
    is_full: bool = False
    owner: str = ""  # whose limit it is, where each owner has her own

    @property
    def is_shut(self) -> bool:
        """Whether no answer opens it: the stage is full and its limit is hard."""
        return self.is_full and self.stage.wip_is_hard

    @property
    def asks(self) -> bool:
        """Whether something has to be said first."""
        return bool(self.fields or self.checks or self.is_full) and not self.is_shut

    @property
    def lacks(self) -> list[str]:
        """What is missing, in the words that people know."""
        words = [str(_LABELS[key]) for key in self.fields] + [check.words for check in self.checks]
        return [*words, self.full_words] if self.is_full else words

    @property
    def full_words(self) -> str:
        """That the stage is full, and for whom."""
        if self.owner:
            return _("the stage is full for %(owner)s") % {"owner": self.owner}
        return _("the stage is full")

    def refuse(self, reason: str) -> None:
        """Raise Conflict at a shut gate, Invalid naming what is missing at one that asks."""
        if self.is_shut:
            told = {"stage": self.stage.name, "limit": self.stage.wip_limit, "owner": self.owner}
            raise Conflict(
                (
                    _(
                        "%(stage)s takes %(limit)s deals of %(owner)s at most. Move one of them on first."
                    )
                    if self.owner
                    else _("%(stage)s takes %(limit)s deals at most. Move one of them on first.")
                )
                % told
            )
        wrong = {
            key: [_("%(stage)s asks for this.") % {"stage": self.stage.name}] for key in self.fields
        }
        wrong |= {f"check_{one.pk}": [_("Not done yet.")] for one in self.checks}
        if self.is_full and not reason.strip():
            wrong["reason"] = [_("The stage is full. Say why one more.")]
        if wrong:
            words = {"stage": self.stage.name, "what": ", ".join(self.lacks)}
            raise Invalid(_("%(stage)s asks for: %(what)s.") % words, wrong)


def gate_of(deal: Deal, to: PipelineStage) -> Gate:
    """What stands between a deal and a stage now."""
    return gates_of([deal], to)[deal.pk]


def gates_of(deals: Sequence[Deal], to: PipelineStage) -> dict[int, Gate]:
    """The same for many: each deal counts as if it were the next to come."""
    stages = list(PipelineStage.objects.filter(pipeline=to.pipeline_id, kind=StageKind.OPEN))
    checks = list(StageCheck.objects.filter(stage__in=stages, is_active=True))
    ticked = set(
        DealTick.objects.filter(deal__in=deals, check_line__in=checks).values_list(
            "deal", "check_line"
        )
    )
    rooms = rooms_in(to, deals)
    found = {}
    for deal in deals:
        way = [stage for stage in stages if _is_on_the_way(stage, deal.stage, to)]
        keys = {stage.pk for stage in way}
        todo = [one for one in checks if one.stage_id in keys and (deal.pk, one.pk) not in ticked]
        full = deal.stage_id != to.pk and rooms.get(_counted_for(to, deal)) == 0
        found[deal.pk] = Gate(to, _missing(deal, way), todo, full, _whose(to, deal))
    return found


def _is_on_the_way(stage: PipelineStage, was: PipelineStage, to: PipelineStage) -> bool:
    if was.pipeline_id != to.pipeline_id:
        return stage.pk == to.pk
    return was.position < stage.position <= to.position


def _missing(deal: Deal, way: Iterable[PipelineStage]) -> list[str]:
    asked = {key for stage in way for key in stage.required}
    return [key for key in Ask.values if key in asked and _is_empty(deal, key)]


def _is_empty(deal: Deal, key: str) -> bool:
    return getattr(deal, Deal._meta.get_field(key).attname) is None  # type: ignore[union-attr]


def _counted_for(stage: PipelineStage, deal: Deal) -> int:
    """Under whose limit a deal falls: its owner's id, 0 for everybody's, -1 for nobody's."""
    if not stage.wip_per_owner:
        return 0
    return deal.owner_id or -1


def _whose(stage: PipelineStage, deal: Deal) -> str:
    return deal.owner.name if stage.wip_per_owner and deal.owner else ""


def rooms_in(stage: PipelineStage, deals: Sequence[Deal]) -> dict[int, int]:
    """How many deals a stage still takes, by whose limit these fall under; none where nothing limits."""
    if stage.wip_limit is None:
        return {}
    held = Deal.objects.living().open().filter(stage=stage)
    if not stage.wip_per_owner:
        return {0: max(stage.wip_limit - held.count(), 0)}
    owners = {deal.owner_id for deal in deals if deal.owner_id}
    rows = held.filter(owner__in=owners).order_by().values("owner").annotate(n=Count("pk"))
    counts = {row["owner"]: row["n"] for row in rows}
    return {owner: max(stage.wip_limit - counts.get(owner, 0), 0) for owner in owners}


def let_in(stage: PipelineStage, deals: Sequence[Deal]) -> tuple[list[Deal], list[Deal]]:
    """Which of these the stage takes as long as there is room, in order, and which it does not."""
    rooms = rooms_in(stage, deals)
    taken: list[Deal] = []
    late: list[Deal] = []
    for deal in deals:
        key = _counted_for(stage, deal)
        if rooms.get(key, 1) > 0:
            taken.append(deal)
            if key in rooms:
                rooms[key] -= 1
        else:
            late.append(deal)
    return taken, late


def checks_of_winning(deal: Deal) -> list[StageCheck]:
    """What the pipeline asks before a deal is won and nobody has ticked yet."""
    lines = StageCheck.objects.filter(
        stage__pipeline=deal.pipeline_id, stage__kind=StageKind.WON, is_active=True
    )
    return list(lines.exclude(ticks__deal=deal))


def tick(deal: Deal, *, checks: Iterable[StageCheck], by: User | None, at: datetime) -> None:
    """Write down that these are done; what was ticked before keeps who and when."""
    rows = [DealTick(deal=deal, check_line=one, by=by, at=at) for one in checks]
    DealTick.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def set_checklist(stage: PipelineStage, *, lines: Sequence[str] | None) -> None:
    """Make these the lines that a stage asks from now on, in this order; None leaves them."""
    if lines is None:
        return
    wanted = {words: position for position, words in enumerate(dict.fromkeys(lines))}
    known = {one.words: one for one in StageCheck.objects.filter(stage=stage)}
    for words, one in known.items():
        one.is_active = words in wanted
        one.position = wanted.get(words, one.position)
    StageCheck.objects.bulk_update(known.values(), ["is_active", "position"])
    StageCheck.objects.bulk_create(
        StageCheck(stage=stage, words=words, position=position)
        for words, position in wanted.items()
        if words not in known
    )

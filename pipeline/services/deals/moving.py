"""Moving deals between columns, and taking a move back."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Conflict, InvalidTransition
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Origin
from leadflow.people.models import User
from leadflow.services.undoing import Memory
from pipeline import rules
from pipeline.models import Deal, PipelineStage, StageCheck, StageKind
from pipeline.services.deals import gating
from pipeline.services.deals.closing import put_back
from pipeline.services.deals.editing import edit
from pipeline.services.deals.locking import changing, raise_boards, the_one
from pipeline.services.deals.placing import rank_in
from pipeline.services.deals.telling import told

_MEMORY = Memory(
    "deals.moved",
    over=lazy("It is too late to undo this. Move the deal back by hand."),
    nothing=lazy("There is nothing to undo."),
)


@transaction.atomic
def move(
    deal: Deal,
    *,
    to: PipelineStage,
    above: int | None = None,
    below: int | None = None,
    version: int | None = None,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
    reason: str = "",
) -> Deal:
    """Put a deal into a column, under the card `above` or over the card `below`, else on top.

    Records `deal.moved` where the stage changed; mere order is no fact. Raises StaleVersion naming who
    changed the deal since `version`, InvalidTransition for a closed deal and for a closing stage, Invalid
    with what the stage asks and the deal lacks; `reason` says why a full stage takes one more.
    """
    at = at or clock.now()
    _refuse_closing(to)
    with changing([deal.pk], by=by, at=at, cause="move", boards=[to.pipeline_id]) as rows:
        row = the_one(rows, version)
        _refuse_closed(row)
        was = row.stage
        if was.pk != to.pk:
            gating.gate_of(row, to).refuse(reason)
        row.rank = rank_in(to, above=above, below=below, but=row.pk)
        if was.pk != to.pk:
            enter(row, to, at)
    if was.pk != to.pk:
        tell_moved(row, was, by, at, origin, reason=reason)
    return row


@transaction.atomic
def move_with_answers(
    deal: Deal,
    *,
    to: PipelineStage,
    values: Mapping[str, Any],
    checks: Iterable[StageCheck] = (),
    reason: str = "",
    above: int | None = None,
    below: int | None = None,
    version: int | None = None,
    by: User | None,
    at: datetime | None = None,
) -> Deal:
    """Write down what the stage asks and move the deal there: all of it, or nothing."""
    at = at or clock.now()
    raise_boards([deal.pipeline_id, to.pipeline_id])
    told_now = edit(deal, values=values, version=version, by=by, at=at)
    gating.tick(told_now, checks=checks, by=by, at=at)
    return move(
        told_now, to=to, above=above, below=below, version=told_now.version, by=by, at=at,
        reason=reason,
    )  # fmt: skip


class Held(NamedTuple):
    """A deal that stayed where it was, and what it lacks."""

    deal: Deal
    lacks: list[str]


class Moved(NamedTuple):
    """What became of a move of many: those that changed stage, and those that were held back."""

    deals: list[Deal]
    held: list[Held]


@transaction.atomic
def move_many(
    *,
    deal_ids: Iterable[int],
    to: PipelineStage,
    versions: Mapping[int, int] | None = None,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Moved:
    """Put every open deal among these on top of a column; those that lack what it asks stay, and
    those that somebody changed since the person saw their `versions`."""
    at = at or clock.now()
    _refuse_closing(to)
    was: dict[int, PipelineStage] = {}
    with changing(deal_ids, by=by, at=at, cause="move", boards=[to.pipeline_id]) as rows:
        ready = [d for d in rows if d.is_open and not d.deleted_at and d.stage_id != to.pk]
        stale = [d for d in ready if (versions or {}).get(d.pk, d.version) != d.version]
        moved, held = _through([d for d in ready if d not in stale], to)
        held += [Held(deal, [_("somebody changed it meanwhile")]) for deal in stale]
        rank = None
        for row in reversed(moved):
            was[row.pk] = row.stage
            rank = row.rank = rank_in(to) if rank is None else _over(rank)
            enter(row, to, at)
    for row in moved:
        tell_moved(row, was[row.pk], by, at, origin)
    return Moved(moved, held)


def _through(deals: list[Deal], to: PipelineStage) -> tuple[list[Deal], list[Held]]:
    """Who may come in, the first as long as there is room, and who may not."""
    gates = gating.gates_of(deals, to)
    ready, late = gating.let_in(to, [deal for deal in deals if not gates[deal.pk].lacks])
    held = [Held(deal, gates[deal.pk].lacks) for deal in deals if gates[deal.pk].lacks]
    held += [Held(deal, [gates[deal.pk].full_words]) for deal in late]
    return ready, held


def _over(rank: str) -> str:
    return rules.between(None, rank)


def enter(deal: Deal, stage: PipelineStage, at: datetime) -> None:
    """Let a deal stand in a stage from now on; a typed probability held for the old one only."""
    deal.stage = stage
    deal.pipeline_id = stage.pipeline_id
    deal.stage_since = at
    deal.probability = deal.probability_at = None


def _refuse_closing(to: PipelineStage) -> None:
    if to.kind != StageKind.OPEN:
        raise InvalidTransition(
            _("A deal gets to %(stage)s by saying what came of it.") % {"stage": to.name}
        )


def _refuse_closed(deal: Deal) -> None:
    if not deal.is_open:
        raise InvalidTransition(_("This deal is closed. Open it again first."))


def tell_moved(
    deal: Deal,
    was: PipelineStage,
    by: User | None,
    at: datetime,
    origin: str,
    *,
    is_undo: bool = False,
    reason: str = "",
) -> None:
    """Record that a deal changed stage."""
    record(
        Kind.DEAL_MOVED,
        lead_id=deal.lead_id,
        by=by,
        subject=deal,
        data=told(
            deal,
            **{
                "from": was.name,
                "from_stage": was.pk,
                "is_undo": is_undo,
                "reason": reason.strip(),
            },
        ),
        at=at,
        origin=origin,
    )


# --- Undo: a signed memory of how deals stood, good for a minute and for who made the move ------------


def memory_of(before: Deal, after: Deal, by: User) -> str:
    """What `undo` needs to put `after` back to how `before` stood."""
    return memory_of_many([(before, after)], by)


def memory_of_many(pairs: Iterable[tuple[Deal, Deal]], by: User) -> str:
    """The same for deals that moved together: (before, after) of each."""
    rows = [_remembered(before, after) for before, after in pairs]
    return _MEMORY.keep(rows, by)


def _remembered(before: Deal, after: Deal) -> dict[str, Any]:
    return {
        "deal": after.pk,
        "version": after.version,
        "stage": before.stage_id,
        "rank": before.rank,
        "since": before.stage_since.isoformat(),
        "typed": before.probability,
        "typed_at": before.probability_at.isoformat() if before.probability_at else "",
    }


def undo(token: str, *, by: User, at: datetime | None = None) -> Deal:
    """Take back one's own last move, win or loss of a deal; raises as `undo_many` does."""
    return undo_many(token, by=by, at=at)[0]


@transaction.atomic
def undo_many(token: str, *, by: User, at: datetime | None = None) -> list[Deal]:
    """Take back what one moved together, all or nothing. Raises Conflict when it is too late,
    StaleVersion when somebody changed one of the deals since."""
    at = at or clock.now()
    memories = {memory["deal"]: memory for memory in _MEMORY.read(token, by)}
    wanted = {memory["stage"] for memory in memories.values()}
    stages = PipelineStage.objects.filter(kind=StageKind.OPEN).in_bulk(wanted)
    if len(stages) < len(wanted):
        raise Conflict(_("The stage it came from is gone. Move the deal by hand."))
    boards = {stage.pipeline_id for stage in stages.values()}
    with changing(memories, by=by, at=at, cause="undo", boards=boards) as rows:
        if len(rows) < len(memories):
            the_one([], None)
        was = {row.pk: row.stage for row in rows}
        for row in rows:
            memory = memories[row.pk]
            the_one([row], memory["version"])
            _put_back(row, memory, stages[memory["stage"]], by, at)
    for row in rows:
        if was[row.pk].pk != row.stage_id:
            tell_moved(row, was[row.pk], by, at, Origin.LIVE, is_undo=True)
    return rows


def _put_back(
    row: Deal, memory: dict[str, Any], stage: PipelineStage, by: User, at: datetime
) -> None:
    if not row.is_open:
        put_back(row, by=by, at=at)
    enter(row, stage, at)
    row.rank = memory["rank"]
    row.stage_since = parse_datetime(memory["since"]) or at
    row.probability = memory["typed"]
    row.probability_at = parse_datetime(memory["typed_at"]) if memory["typed_at"] else None

"""Moving deals between columns, and taking a move back."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid, InvalidTransition
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Origin
from leadflow.people.models import User
from pipeline import rules
from pipeline.models import Deal, PipelineStage, StageKind
from pipeline.services.deals.closing import put_back
from pipeline.services.deals.locking import changing, the_one
from pipeline.services.deals.placing import rank_in
from pipeline.services.deals.telling import told

UNDO_FOR = timedelta(seconds=60)
_SALT = "pipeline.undo"


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
) -> Deal:
    """Put a deal into a column, under the card `above` or over the card `below`, else on top.

    Records `deal.moved` where the stage changed; mere order is no fact. Raises StaleVersion naming who
    changed the deal since `version`, InvalidTransition for a closed deal and for a closing stage.
    """
    at = at or clock.now()
    _refuse_closing(to)
    with changing([deal.pk], by=by, at=at, cause="move", boards=[to.pipeline_id]) as rows:
        row = the_one(rows, version)
        _refuse_closed(row)
        was = row.stage
        row.rank = rank_in(to, above=above, below=below, but=row.pk)
        if was.pk != to.pk:
            enter(row, to, at)
    if was.pk != to.pk:
        _record(row, was, by, at, origin)
    return row


@transaction.atomic
def move_many(
    *,
    deal_ids: Iterable[int],
    to: PipelineStage,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> list[Deal]:
    """Put every open deal among these on top of a column; returns those that changed stage."""
    at = at or clock.now()
    _refuse_closing(to)
    was: dict[int, PipelineStage] = {}
    with changing(deal_ids, by=by, at=at, cause="move", boards=[to.pipeline_id]) as rows:
        moved = [d for d in rows if d.is_open and not d.deleted_at and d.stage_id != to.pk]
        rank = None
        for row in reversed(moved):
            was[row.pk] = row.stage
            rank = row.rank = rank_in(to) if rank is None else _over(rank)
            enter(row, to, at)
    for row in moved:
        _record(row, was[row.pk], by, at, origin)
    return moved


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


def _record(
    deal: Deal,
    was: PipelineStage,
    by: User | None,
    at: datetime,
    origin: str,
    *,
    is_undo: bool = False,
) -> None:
    record(
        Kind.DEAL_MOVED,
        lead_id=deal.lead_id,
        by=by,
        subject=deal,
        data=told(deal, **{"from": was.name, "from_stage": was.pk, "is_undo": is_undo}),
        at=at,
        origin=origin,
    )


# --- Undo: a signed memory of how the deal stood, good for a minute and for who made the move ---------


def memory_of(before: Deal, after: Deal, by: User) -> str:
    """What `undo` needs to put `after` back to how `before` stood."""
    return signing.dumps(
        {
            "deal": after.pk,
            "version": after.version,
            "by": by.pk,
            "stage": before.stage_id,
            "rank": before.rank,
            "since": before.stage_since.isoformat(),
            "typed": before.probability,
            "typed_at": before.probability_at.isoformat() if before.probability_at else "",
        },
        salt=_SALT,
    )


@transaction.atomic
def undo(token: str, *, by: User, at: datetime | None = None) -> Deal:
    """Take back one's own last move, win or loss. Raises Conflict when it is too late, StaleVersion
    when somebody changed the deal since."""
    at = at or clock.now()
    memory = _read(token, by)
    stage = PipelineStage.objects.filter(pk=memory["stage"], kind=StageKind.OPEN).first()
    if stage is None:
        raise Conflict(_("The stage it came from is gone. Move the deal by hand."))
    boards = [stage.pipeline_id]
    with changing([memory["deal"]], by=by, at=at, cause="undo", boards=boards) as rows:
        row = the_one(rows, memory["version"])
        was = row.stage
        if not row.is_open:
            put_back(row, by=by, at=at)
        enter(row, stage, at)
        row.rank = memory["rank"]
        row.stage_since = parse_datetime(memory["since"]) or at
        row.probability = memory["typed"]
        row.probability_at = parse_datetime(memory["typed_at"]) if memory["typed_at"] else None
    if was.pk != stage.pk:
        _record(row, was, by, at, Origin.LIVE, is_undo=True)
    return row


def _read(token: str, by: User) -> dict[str, Any]:
    try:
        memory: dict[str, Any] = signing.loads(token, salt=_SALT, max_age=UNDO_FOR)
    except signing.SignatureExpired as error:
        raise Conflict(_("It is too late to undo this. Move the deal back by hand.")) from error
    except signing.BadSignature as error:
        raise Invalid(_("There is nothing to undo.")) from error
    if memory["by"] != by.pk:
        raise Invalid(_("There is nothing to undo."))
    return memory

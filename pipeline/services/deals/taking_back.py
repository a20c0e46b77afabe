"""Taking a move back from the story of a deal, days later, while nothing that came since contradicts."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.history.models import FieldChange
from leadflow.kit import clock
from leadflow.models import Origin
from leadflow.people.models import User
from pipeline import rules
from pipeline.models import Deal, PipelineStage, StageKind
from pipeline.selectors import stays
from pipeline.services.deals import moving
from pipeline.services.deals.locking import changing, the_one
from pipeline.services.deals.placing import rank_in


@transaction.atomic
def take_back(deal: Deal, *, event_id: int, by: User | None, at: datetime | None = None) -> Deal:
    """Put a deal back where it stood before this move, as if it had never been made: since when it stood
    there, and the probability typed there, are as they were; in its column it goes on top.

    Edits, notes and work of since stay. Records `deal.moved` as an undo. Raises Conflict where the deal
    went on since, was closed, is in the trash, or where the stage it came from is gone.
    """
    at = at or clock.now()
    with changing([deal.pk], by=by, at=at, cause="undo", boards=_boards(event_id)) as rows:
        row = the_one(rows, None)
        move = _standing(row, event_id)
        was, to = row.stage, _stage_of(move)
        moving.enter(row, to, at)
        row.stage_since = _since(row, move) or at
        row.rank = rank_in(to, but=row.pk)
        _type_again(row, move)
    moving.tell_moved(row, was, by, at, Origin.LIVE, is_undo=True)
    return row


def _boards(event_id: int) -> set[int]:
    stage = Event.objects.filter(pk=event_id).values_list("data__from_stage", flat=True)
    return set(PipelineStage.objects.filter(pk__in=[*stage]).values_list("pipeline_id", flat=True))


def _standing(deal: Deal, event_id: int) -> Event:
    last = stays.last_move(deal)
    if last is None or last.pk != event_id:
        raise Conflict(
            _("The deal went on since then. Move it by hand, or take back the last move first.")
        )
    return last


def _stage_of(move: Event) -> PipelineStage:
    found = PipelineStage.objects.filter(pk=move.data["from_stage"], kind=StageKind.OPEN).first()
    if found is None:
        raise Conflict(_("The stage it came from is gone. Move the deal by hand."))
    return found


def _since(deal: Deal, move: Event) -> datetime | None:
    """Since when it had stood there: the last arrival before the move that was not taken back."""
    path: list[rules.Arrival] = []
    for when, data in (
        stays.facts_of(deal).filter(pk__lt=move.pk).values_list("occurred_at", "data")
    ):
        if data.get("is_undo") and len(path) > 1:
            path.pop()
        else:
            path.append(rules.Arrival(when, data["stage"]))
    return path[-1].at if path and path[-1].stage == move.data["from_stage"] else None


def _type_again(deal: Deal, move: Event) -> None:
    """What was typed for the old stage, which the move had dropped."""
    dropped = FieldChange.objects.filter(
        object_type=Deal._meta.label_lower, object_id=deal.pk, field="probability",
        at=move.occurred_at, cause="move",
    ).order_by("-pk").first()  # fmt: skip
    if dropped is not None and dropped.old is not None:
        deal.probability, deal.probability_at = int(dropped.old), move.occurred_at

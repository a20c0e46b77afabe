"""Where a deal stood and for how long, as the event log has it; and which move can be taken back."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.kit import clock
from pipeline import rules
from pipeline.models import Deal

# What puts a deal into a stage.
FACTS = (Kind.DEAL_OPENED, Kind.DEAL_MOVED, Kind.DEAL_WON, Kind.DEAL_LOST, Kind.DEAL_REOPENED)


def facts_of(deal: Deal) -> QuerySet[Event]:
    """The stage facts of a deal, the first one first."""
    rows = Event.objects.filter(
        subject_type=Deal._meta.label_lower, subject_id=deal.pk, kind__in=FACTS
    )
    return rows.order_by("pk")


def stays_of(deal: Deal, at: datetime | None = None) -> dict[int, timedelta]:
    """How long it stood in each stage until now, or until it was closed; one query."""
    rows = facts_of(deal).values_list("occurred_at", "data")
    arrivals = [
        rules.Arrival(when, data["stage"], bool(data.get("is_undo"))) for when, data in rows
    ]
    return rules.stays(arrivals, at or clock.now())


def last_move(deal: Deal) -> Event | None:
    """The move that can still be taken back: the last stage fact of an open deal, if it is a move that
    was not itself the taking back of one."""
    last = facts_of(deal).last()
    if last is None or not deal.is_open or last.kind != Kind.DEAL_MOVED:
        return None
    is_standing = last.data.get("stage") == deal.stage_id and last.data.get("from_stage")
    return last if is_standing and not last.data.get("is_undo") else None

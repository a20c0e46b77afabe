"""Trying a failed reaction again."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from leadflow.events import registry
from leadflow.events.failures import store
from leadflow.events.models import EventFailure
from leadflow.events.relay import LOCK, react
from leadflow.kit import clock


@dataclass
class Retried:
    """How many failures went through this time, and how many failed again."""

    solved: int = 0
    failed: int = 0


def retry(failure_ids: Sequence[int]) -> Retried:
    """Hand each failed event to its handler again, one transaction each, never beside the relay."""
    result = Retried()
    for failure_id in failure_ids:
        if _retry_one(failure_id):
            result.solved += 1
        else:
            result.failed += 1
    return result


@transaction.atomic
def _retry_one(failure_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    failure = EventFailure.objects.select_for_update(of=("self",)).get(pk=failure_id)
    if failure.state == EventFailure.State.SOLVED:
        return True
    event = failure.event
    handlers = [
        handler
        for handler in registry.handlers_of(event.kind, event.origin)
        if failure.handler in ("", registry.name_of(handler))
    ]
    if not handlers:
        store(event, failure.handler, "Nothing reacts to this kind under that name any more.")
        return False
    if sum(react(handler, [event]) for handler in handlers):
        return False
    EventFailure.objects.filter(pk=failure_id).update(
        state=EventFailure.State.SOLVED, last_at=clock.now()
    )
    return True

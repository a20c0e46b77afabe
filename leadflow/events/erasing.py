"""The one way to take something out of an append-only table: because a person asked for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

from leadflow.events.models import Event, EventFailure


@contextmanager
def erasing() -> Iterator[None]:
    """Inside this block the database lets this transaction change and delete facts."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('leadflow.erasing', 'on', true)")
        yield
        cursor.execute("SELECT set_config('leadflow.erasing', 'off', true)")


def forget(lead_ids: Sequence[int]) -> int:
    """Make the events of these leads anonymous: that something happened stays, of whom and what goes.

    Numbers over time keep adding up; the person is in none of them.
    """
    with erasing():
        EventFailure.objects.filter(event__lead_id__in=lead_ids).delete()
        return Event.objects.filter(lead_id__in=lead_ids).update(
            lead_id=None, subject_type="", subject_id=None, data={}
        )

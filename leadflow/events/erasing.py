"""Taking a person out of the event log."""

from collections.abc import Sequence

from leadflow.events.models import Event, EventFailure
from leadflow.models.erasing import erasing


def forget(lead_ids: Sequence[int]) -> int:
    """Make the events of these leads anonymous: that something happened stays, of whom and what goes.

    Numbers over time keep adding up; the person is in none of them.
    """
    with erasing():
        EventFailure.objects.filter(event__lead_id__in=lead_ids).delete()
        return Event.objects.filter(lead_id__in=lead_ids).update(
            lead_id=None, subject_type="", subject_id=None, data={}
        )

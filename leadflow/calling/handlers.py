"""What becomes of call lists when something happens elsewhere."""

from collections.abc import Sequence

from leadflow.calling.models import CallAttempt, CallEntry
from leadflow.events.models import Event
from leadflow.events.registry import history_safe


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """The survivor stands on the lists of the one merged away, once on each, with the calls of both."""
    survivors = [event.lead_id for event in events if event.lead_id]
    kept = {
        (row.call_list_id, row.lead_id): row
        for row in CallEntry.objects.filter(lead__in=survivors).select_for_update()
    }
    gone = CallEntry.objects.filter(lead__merged_into__in=survivors).select_related("lead")
    for row in gone.order_by("pk"):
        to = row.lead.merged_into_id or 0
        twin = kept.get((row.call_list_id, to))
        if twin is None:
            CallEntry.objects.filter(pk=row.pk).update(lead=to)
            kept[row.call_list_id, to] = row
            continue
        CallAttempt.objects.filter(entry=row).update(entry=twin)
        twin.tries += row.tries
        twin.first_at = min(filter(None, (twin.first_at, row.first_at)), default=None)
        twin.save(update_fields=["tries", "first_at"])
        row.delete()

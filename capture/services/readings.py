"""Who saw what stands in the library of content, told by visits and by answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from capture.models import Submission, Visit
from leadflow.assets import content
from leadflow.assets.models import ContentItem, Reading
from leadflow.kit import touches
from leadflow.models import FunnelPosition, Lead, Origin
from leadflow.services import leads

_DOWN = ["", *FunnelPosition.values]
_SAME = timedelta(hours=12)  # a form on a page that she just saw is no second reading
_GATHER = """
INSERT INTO assets_reading (item_id, key, how, is_landing, lead_id, source, seen_at, origin)
SELECT DISTINCT ON (visit.id) %(item)s, 'visit:' || visit.id, 'visit', visit.landing = ANY(%(pages)s),
  visit.lead_id, visit.source, act.occurred_at, visit.origin
FROM capture_behaviour act JOIN capture_visit visit ON visit.id = act.visit_id
WHERE act.kind = 'page.viewed' AND act.page <> '' AND act.page = ANY(%(pages)s)
ORDER BY visit.id, act.occurred_at
ON CONFLICT (key, item_id) DO NOTHING
"""


@transaction.atomic
def gather(item: ContentItem) -> None:
    """The visits that saw its page before it stood in the library."""
    if item.place:
        with connection.cursor() as cursor:
            told: dict[str, Any] = {"item": item.pk, "pages": touches.spellings(item.place)}
            cursor.execute(_GATHER, told)


@transaction.atomic
def gather_anew(item: ContentItem) -> None:
    """Another address has other visits."""
    Reading.objects.filter(item=item, how=Reading.How.VISIT).delete()
    gather(item)


def of_answers(submission_ids: Iterable[int]) -> None:
    """Who sent a form that stands on a page of the library has seen that page."""
    rows = Submission.objects.filter(pk__in=list(submission_ids), lead__isnull=False)
    found = list(rows.exclude(page_url=""))
    items = content.of_addresses(row.page_url for row in found)
    for row in found:
        item = items.get(touches.place(row.page_url))
        if item is not None and row.lead_id is not None and not _knows(item, row):
            content.saw(
                item_id=item.pk,
                lead_id=row.lead_id,
                key=f"submission:{row.pk}",
                how=Reading.How.FORM,
                at=row.received_at,
                is_landing=not Visit.objects.filter(lead_id=row.lead_id).exists(),
                origin=row.origin,
            )


def _knows(item: ContentItem, row: Submission) -> bool:
    seen = Reading.objects.filter(item=item, lead=row.lead_id)
    near = (row.received_at - _SAME, row.received_at + _SAME)
    return seen.filter(seen_at__range=near).exists()


@transaction.atomic(savepoint=False)
def place(since: Mapping[int, datetime]) -> None:
    """Take these leads as far down the funnel as what they saw since speaks; nobody goes up."""
    furthest: dict[int, tuple[int, datetime]] = {}
    rows = Reading.objects.filter(lead__in=since, lead__merged_into=None)
    rows = rows.exclude(item__funnel_position="").exclude(origin=Origin.IMPORT)
    seen = rows.filter(seen_at__gte=min(since.values())) if since else rows.none()
    for lead_id, position, at in seen.values_list("lead", "item__funnel_position", "seen_at"):
        if at >= since[lead_id]:
            told = (_DOWN.index(position), at)
            furthest[lead_id] = max(furthest.get(lead_id, told), told)
    for lead in Lead.objects.filter(pk__in=furthest).order_by("pk"):
        depth, at = furthest[lead.pk]
        if depth > _DOWN.index(lead.funnel_position):
            values = {"funnel_position": _DOWN[depth]}
            leads.update(lead, values=values, by=None, at=at, origin=lead.origin)

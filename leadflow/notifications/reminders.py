"""Telling people that something of theirs is due."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.kit import clock
from leadflow.models import Activity
from leadflow.notifications.models import Notice
from leadflow.notifications.services import Told, tell_many

# A call or a meeting needs a moment to get ready; a to-do is told when its time has come.
AHEAD = timedelta(minutes=10)
WITH_OTHERS = (
    Activity.Kind.CALL, Activity.Kind.MEETING, Activity.Kind.DEMO, Activity.Kind.DISCOVERY,
)  # fmt: skip
# What was missed for longer (an outage, an old import) is on her day's list anyway.
LATE = timedelta(days=1)
BATCH = 1_000


def remind_due(*, at: datetime | None = None) -> int:
    """Tell the owners of open activities that fall due; how many were due.

    The time stands in the key: who is told once stays told, and a step that is moved tells anew.
    """
    at = at or clock.now()
    soon = Q(kind__in=WITH_OTHERS, due_at__lte=at + AHEAD) | Q(due_at__lte=at)
    due = (
        Activity.objects.open()
        .filter(soon, due_at__gt=at - LATE, due_at__lte=at + AHEAD, owner__is_active=True)
        .exclude(Q(lead__isnull=False) & ~Q(lead__deleted_at=None, lead__merged_into=None))
        .select_related("owner", "lead")
        .order_by("due_at", "pk")
    )[:BATCH]
    told = [_told(activity, at) for activity in due]
    if told:
        tell_many(told)
    return len(told)


def _told(activity: Activity, at: datetime) -> Told:
    owner, due = activity.owner, activity.due_at
    if owner is None or due is None:  # the query asks for both
        raise ValueError(f"activity {activity.pk} is nobody's or has no time")
    with override(owner.language):
        words = {"what": activity.subject, "name": activity.lead.name if activity.lead else ""}
        text = _("Due now: %(what)s, %(name)s") if activity.lead else _("Due now: %(what)s")
        sentence = text % words
    return Told(
        user=owner,
        key=f"activity:{activity.pk}:{int(due.timestamp())}",
        kind=Notice.ACTIVITY_DUE,
        sentence=sentence,
        url=reverse("desk:lead", args=[activity.lead_id]) if activity.lead_id else "/",
        lead_id=activity.lead_id,
        at=at,
        origin=activity.origin,
    )

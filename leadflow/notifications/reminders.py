"""Telling people that something of theirs is due."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.kit import clock
from leadflow.models import Activity
from leadflow.notifications.models import Notice
from leadflow.notifications.services import Told, tell_many
from leadflow.services.repeating import zone_of

# A call or a meeting needs a moment to get ready; a to-do is told when its time has come.
WITH_OTHERS = (
    Activity.Kind.CALL, Activity.Kind.MEETING, Activity.Kind.DEMO, Activity.Kind.DISCOVERY,
)  # fmt: skip
USUAL = Case(When(kind__in=WITH_OTHERS, then=10), default=0)
AHEAD = Coalesce(F("remind"), USUAL, output_field=IntegerField())  # minutes
MOST = timedelta(minutes=max(Activity.Remind.values))
# What was missed for longer (an outage, an old import) is on her day's list anyway.
LATE = timedelta(days=1)
BATCH = 1_000


@transaction.atomic(savepoint=False)
def remind_due(*, at: datetime | None = None) -> int:
    """Tell the owners of open activities whose time to be reminded has come; how many were told.

    The row keeps for which due time its owner was told: each is told once, and one that is moved anew.
    """
    at = at or clock.now()
    due = list(
        Activity.objects.open()
        .of_living()
        .select_for_update(of=("self",), skip_locked=True)
        .annotate(ahead=AHEAD)
        .filter(due_at__gt=at - LATE, due_at__lte=at + MOST, owner__is_active=True, ahead__gte=0)
        .filter(due_at__lte=at + F("ahead") * timedelta(minutes=1))
        .filter(Q(told_due_at=None) | ~Q(told_due_at=F("due_at")))
        .select_related("owner", "lead")
        .order_by("due_at", "pk")[:BATCH]
    )
    if not due:
        return 0
    tell_many([_told(activity, at) for activity in due])
    for activity in due:
        activity.told_due_at = activity.due_at
    Activity.objects.bulk_update(due, ["told_due_at"])
    return len(due)


def _told(activity: Activity, at: datetime) -> Told:
    owner, due = activity.owner, activity.due_at
    if owner is None or due is None:  # the query asks for both
        raise ValueError(f"activity {activity.pk} is nobody's or has no time")
    with override(owner.language):
        words = {"what": activity.subject, "name": activity.lead.name if activity.lead else ""}
        if due > at + timedelta(minutes=10):
            words["when"] = f"{due.astimezone(zone_of(owner)):%a %H:%M}"
            text = (
                _("Due %(when)s: %(what)s, %(name)s")
                if activity.lead
                else _("Due %(when)s: %(what)s")
            )
        else:
            text = _("Due now: %(what)s, %(name)s") if activity.lead else _("Due now: %(what)s")
        sentence = text % words
    return Told(
        user=owner,
        key=f"activity:{activity.pk}:{int(due.timestamp())}",
        kind=Notice.ACTIVITY_DUE,
        sentence=sentence,
        url=reverse("desk:lead", args=[activity.lead_id]) if activity.lead_id else "/todos/",
        lead_id=activity.lead_id,
        at=at,
        origin=activity.origin,
    )

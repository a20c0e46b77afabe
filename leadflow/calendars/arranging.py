"""What can be booked, and when somebody works: settings, each change on record."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from leadflow.calendars.models import MeetingType, WorkingHours
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.people.models import User
from leadflow.services import organisation


@transaction.atomic
def save_meeting_type(
    *, row: MeetingType, values: Mapping[str, Any], hosts: Iterable[User], by: User | None
) -> MeetingType:
    """Make or change a meeting type and say who is met. What is booked already stays as it is."""
    organisation.save_object(row=row, values=values, by=by)
    saved = MeetingType.objects.get(pk=row.pk)
    wanted, before = {one.pk for one in hosts}, set(saved.hosts.values_list("pk", flat=True))
    if wanted != before:
        saved.hosts.set(wanted)
        data = {
            "name": f"meetingtype:{saved.pk}.hosts",
            "from": sorted(before),
            "to": sorted(wanted),
        }
        record(Kind.SETTING_CHANGED, by=by, subject=saved, data=data)
    return saved


@transaction.atomic
def set_hours(*, user: User, week: Sequence[Sequence[str]] | None, by: User | None) -> None:
    """A person's own weekly hours; None means those of the organisation."""
    if week is None:
        WorkingHours.objects.filter(user=user).delete()
    else:
        WorkingHours.objects.update_or_create(user=user, defaults={"week": week})
    data = {"user": user.pk, "fields": ["hours"]}
    record(Kind.USER_CHANGED, by=by, subject=user, data=data)

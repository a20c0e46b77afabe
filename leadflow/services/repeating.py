"""Planned activities that come round again: each makes the next one when it is done."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from leadflow.kit.repeats import Every, following
from leadflow.models import Activity, Organisation
from leadflow.people.models import User


def zone_of(user: User | None) -> ZoneInfo:
    """The clock that somebody lives by, else the organisation's."""
    own = user.time_zone if user else ""
    return ZoneInfo(own or Organisation.current().time_zone or settings.TIME_ZONE)


def continue_series(rows: Iterable[Activity], *, at: datetime) -> list[Activity]:
    """Make the next of each that repeats and was just done; one that has its next already gets no other.

    The caller holds the rows' locks.
    """
    series = [row for row in rows if row.repeat and row.repeat_from and row.due_at]
    made = set(
        Activity.objects.filter(follows__in=[row.pk for row in series]).values_list("follows")
    )
    nexts = [_next(row, at) for row in series if (row.pk,) not in made]
    return Activity.objects.bulk_create(one for one in nexts if one)


def _next(row: Activity, at: datetime) -> Activity | None:
    if row.repeat_from is None or row.due_at is None:
        return None
    due = following(
        row.repeat_from, Every(row.repeat), after=max(row.due_at, at), zone=zone_of(row.owner),
        until=row.repeat_until,
    )  # fmt: skip
    if due is None:
        return None
    return Activity(
        kind=row.kind, subject=row.subject, body=row.body, lead_id=row.lead_id,
        company_id=row.company_id, subject_ref=row.subject_ref, owner_id=row.owner_id, due_at=due,
        minutes=row.minutes, priority=row.priority, remind=row.remind, repeat=row.repeat,
        repeat_from=row.repeat_from, repeat_until=row.repeat_until, follows=row,
        created_by_id=row.created_by_id, created_at=at, origin=row.origin,
    )  # fmt: skip


def unmake(rows: Sequence[Activity]) -> None:
    """Take the next of each back, where nobody has worked on it: what was done is open again."""
    Activity.objects.open().filter(follows__in=[row.pk for row in rows]).delete()

"""Runs that come back by the calendar. Beat only ticks; what is due is a row here."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.kit.periods import instant
from leadflow.runs.models import Schedule, Tick
from leadflow.runs.services import start


def next_slot(
    after: datetime, wall_time: time, zone: ZoneInfo, weekdays: Sequence[int] = ()
) -> datetime:
    """The first instant later than `after` at which the clocks of the zone show `wall_time`.

    A wall time that a day skips counts at the first valid instant after; one that comes twice counts
    once, the first time. An empty `weekdays` is every day.
    """
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        if not weekdays or day.weekday() in weekdays:
            slot = instant(datetime.combine(day, wall_time), zone)
            if slot > after:
                return slot
        day += timedelta(days=1)


@transaction.atomic
def keep(
    name: str,
    *,
    kind: str,
    wall_time: time,
    zone: str = "UTC",
    weekdays: Sequence[int] = (),
    args: dict[str, object] | None = None,
    at: datetime | None = None,
) -> Schedule:
    """Make or change the schedule of that name."""
    ZoneInfo(zone)
    values = {
        "kind": kind,
        "args": args or {},
        "wall_time": wall_time,
        "zone": zone,
        "weekdays": sorted(set(weekdays)),
        "is_active": True,
        "next_at": next_slot(at or clock.now(), wall_time, ZoneInfo(zone), weekdays),
    }
    return Schedule.objects.update_or_create(name=name, defaults=values)[0]


def fire_due(at: datetime | None = None) -> int:
    """Start a run for each schedule that is due; how many were started.

    After an outage the missed slots of a schedule are one run, that of the first.
    """
    at = at or clock.now()
    due = Schedule.objects.filter(is_active=True, next_at__lte=at).order_by("next_at", "id")
    return sum(_fire(schedule.pk, at) for schedule in due)


@transaction.atomic
def _fire(schedule_id: int, at: datetime) -> bool:
    rows = Schedule.objects.select_for_update(skip_locked=True)
    schedule = rows.filter(pk=schedule_id, is_active=True, next_at__lte=at).first()
    if schedule is None or schedule.next_at is None:
        return False
    slot = schedule.next_at
    schedule.next_at = next_slot(at, schedule.wall_time, ZoneInfo(schedule.zone), schedule.weekdays)
    schedule.save(update_fields=["next_at"])
    tick, is_new = Tick.objects.get_or_create(
        schedule=schedule, slot_start_utc=slot, defaults={"fired_at": at}
    )
    return is_new and _started(schedule, tick)


def _started(schedule: Schedule, tick: Tick) -> bool:
    try:
        tick.run = start(
            schedule.kind, schedule.args, by=None, key=f"schedule:{schedule.pk}", at=tick.fired_at
        )
    except Conflict:  # the run of the slot before is still at work
        return False
    tick.save(update_fields=["run"])
    return True

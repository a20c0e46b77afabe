from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.runs import registry, schedules
from leadflow.runs.models import Run, Schedule, Tick
from tests.nurturing.test_sequence_times import ZONES as CLOCKS
from tests.nurturing.test_sequence_times import transitions

ZONES = ["Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "UTC"]
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def nightly(db, monkeypatch):
    monkeypatch.setattr(registry, "_kinds", {})
    registry.register(registry.RunKind(key="sweep", label="Sweep", work=lambda work: None))
    return schedules.keep(
        "Nightly", kind="sweep", wall_time=time(2, 30), zone="Europe/Brussels", at=NOW
    )


def test_a_due_schedule_fires_once_and_moves_on(nightly):
    due = nightly.next_at

    assert schedules.fire_due(due - timedelta(seconds=1)) == 0
    assert schedules.fire_due(due) == 1
    assert schedules.fire_due(due) == 0

    nightly.refresh_from_db()
    assert nightly.next_at > due
    assert Run.objects.count() == Tick.objects.count() == 1


def test_a_slot_that_was_fired_is_not_fired_again_whatever_happens_to_the_schedule(nightly):
    due = nightly.next_at
    schedules.fire_due(due)
    Run.objects.update(state="done")
    Schedule.objects.update(next_at=due)

    assert schedules.fire_due(due) == 0


def test_an_outage_of_days_ends_in_one_run(nightly):
    assert schedules.fire_due(nightly.next_at + timedelta(days=5)) == 1
    assert Run.objects.count() == 1


def test_a_run_still_at_work_is_not_started_again_beside_itself(nightly):
    schedules.fire_due(nightly.next_at)
    nightly.refresh_from_db()

    assert schedules.fire_due(nightly.next_at) == 0
    assert Run.objects.count() == 1


def test_a_skipped_wall_time_counts_at_the_first_instant_after():
    slot = schedules.next_slot(
        datetime(2026, 3, 29, 0, tzinfo=UTC), time(2, 30), ZoneInfo("Europe/Brussels")
    )

    assert slot == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00 summer time


def test_a_doubled_wall_time_counts_once():
    zone = ZoneInfo("Europe/Brussels")
    first = schedules.next_slot(datetime(2026, 10, 24, 22, tzinfo=UTC), time(2, 30), zone)

    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert schedules.next_slot(first, time(2, 30), zone) > first + timedelta(hours=20)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
    st.times(),
    st.sampled_from(ZONES),
)
def test_each_day_of_any_zone_has_exactly_one_slot(start, wall, zone_name):
    wall, zone = wall.replace(microsecond=0), ZoneInfo(zone_name)
    at = start.replace(tzinfo=UTC)
    days = []
    for _ in range(10):
        at = schedules.next_slot(at, wall, zone)
        days.append(at.astimezone(zone).date())

    assert all((b - a).days == 1 for a, b in pairwise(days))


@pytest.mark.parametrize("zone_name", CLOCKS)
def test_each_slot_comes_exactly_once_around_every_change_of_the_clocks(zone_name):
    """Twelve zones, every change of their clocks in seven years, times that are skipped or come twice."""
    zone = ZoneInfo(zone_name)
    for change in transitions(zone_name):
        for minutes in (-90, -30, -15, 0, 15, 30, 90):
            wall = (change.astimezone(zone) + timedelta(minutes=minutes)).time()
            at, slots = change - timedelta(days=3), []
            while (at := schedules.next_slot(at, wall, zone)) < change + timedelta(days=3):
                slots.append(at)
            days = [slot.astimezone(zone).date() for slot in slots]
            assert all((b - a).days == 1 for a, b in pairwise(days)), (change, wall)
            assert len(days) in (5, 6, 7)
            for slot in slots:
                local = slot.astimezone(zone)
                asked = datetime.combine(local.date(), wall)
                assert timedelta(0) <= local.replace(tzinfo=None) - asked <= timedelta(hours=1)


def test_only_the_chosen_weekdays_fire():
    slot = schedules.next_slot(NOW, time(8), ZoneInfo("UTC"), weekdays=[2])

    assert slot == datetime(2026, 3, 4, 8, tzinfo=UTC)

"""Targets of people: who sets them, and what the pace says."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from leadflow.events.models import Event
from leadflow.insights import targets
from leadflow.insights.models import Target

pytestmark = pytest.mark.django_db
# November 2026 has 21 working days; on the 16th at nine ten of them have passed.
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


@pytest.fixture
def as_mia(client, mia):
    client.force_login(mia)
    return client


def a_target(user, **fields):
    return Target.objects.create(user=user, month="2026-11-01", **fields)


def test_without_a_target_nothing_is_ahead_or_behind(bob):
    pace = targets.pace(bob, at=MONDAY)

    assert (pace.target, pace.due, pace.ahead, pace.left) == (None, None, None, None)


def test_the_pace_follows_working_days(bob):
    a_target(bob, amount=2100)

    pace = targets.pace(bob, at=MONDAY)

    assert pace.due == Decimal(1000)
    assert (pace.ahead, pace.left, pace.days_left) == (Decimal(-1000), Decimal(2100), 11)


def test_the_strip_on_my_day_says_what_is_missing(client, bob):
    client.force_login(bob)

    assert "Your manager sets it" in client.get("/dashboard/pace/").content.decode()


def test_a_manager_sets_targets_of_her_people_on_record(as_mia, bob):
    answer = as_mia.post(
        "/dashboard/targets/?month=2026-11", {f"{bob.pk}-amount": "5000", f"{bob.pk}-calls": "15"}
    )

    row = Target.objects.get(user=bob)
    assert (answer.status_code, row.amount, row.calls) == (303, 5000, 15)
    assert Event.objects.filter(kind="setting.changed").count() == 1


def test_saving_again_changes_nothing(as_mia, bob):
    a_target(bob, amount=5000)

    as_mia.post("/dashboard/targets/?month=2026-11", {f"{bob.pk}-amount": "5000"})

    assert not Event.objects.filter(kind="setting.changed").exists()


def test_a_negative_target_is_refused_beside_its_field(as_mia, bob):
    answer = as_mia.post("/dashboard/targets/?month=2026-11", {f"{bob.pk}-amount": "-1"})

    assert answer.status_code == 422
    assert "A target is 0 or more" in answer.content.decode()
    assert not Target.objects.exists()


def test_the_people_of_another_team_are_not_on_the_page(as_mia, carl):
    assert carl.name not in as_mia.get("/dashboard/targets/").content.decode()


def test_a_month_that_does_not_exist_is_not_found(as_mia):
    assert as_mia.get("/dashboard/targets/?month=2026-13").status_code == 404

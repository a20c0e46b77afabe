"""Who is reminded of what falls due, when, and that nobody is reminded twice."""

from datetime import timedelta

import pytest

from leadflow.models import Activity
from leadflow.notifications.models import Notice, Notification
from leadflow.notifications.reminders import remind_due
from leadflow.services import activities, leads
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db


def planned(owner, *, kind="todo", minutes=0, lead=None) -> Activity:
    due = NOON + timedelta(minutes=minutes)
    return activities.plan(
        kind=kind, subject="Send the offer", lead=lead, owner=owner, due_at=due, by=owner, at=NOON
    )


def told() -> list[str]:
    return list(
        Notification.objects.filter(kind=Notice.ACTIVITY_DUE).values_list("sentence", flat=True)
    )


def test_a_step_that_falls_due_is_told_to_its_owner_with_the_name(bob):
    lead = a_lead(first_name="Ann", last_name="Bell")
    planned(bob, lead=lead)

    remind_due(at=NOON)

    row = Notification.objects.get(user=bob, kind=Notice.ACTIVITY_DUE)
    assert (row.sentence, row.url) == ("Due now: Send the offer, Ann Bell", f"/leads/{lead.pk}/")


def test_a_step_is_told_once(bob):
    planned(bob)

    remind_due(at=NOON)
    remind_due(at=NOON + timedelta(minutes=1))

    assert told() == ["Due now: Send the offer"]


def test_a_to_do_is_not_told_before_its_time(bob):
    planned(bob, minutes=5)

    remind_due(at=NOON)

    assert told() == []


def test_a_call_is_told_ten_minutes_ahead(bob):
    planned(bob, kind="call", minutes=10)

    remind_due(at=NOON)

    assert len(told()) == 1


def test_a_step_that_is_moved_tells_anew(bob):
    step = planned(bob)
    remind_due(at=NOON)
    Activity.objects.filter(pk=step.pk).update(due_at=NOON + timedelta(hours=1))

    remind_due(at=NOON + timedelta(hours=1))

    assert len(told()) == 2


def test_what_is_done_is_not_told(bob, alice):
    step = planned(bob)
    activities.complete(step, by=alice, at=NOON)

    remind_due(at=NOON)

    assert told() == []


def test_steps_of_a_lead_in_the_trash_are_not_told(bob):
    lead = a_lead()
    planned(bob, lead=lead)
    leads.trash_many(lead_ids=[lead.pk], by=bob)

    remind_due(at=NOON)

    assert told() == []


def test_what_was_missed_for_days_is_not_told(bob):
    planned(bob)

    remind_due(at=NOON + timedelta(days=2))

    assert told() == []


def test_nothing_due_costs_one_query(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        remind_due(at=NOON)


def test_who_wants_it_an_hour_before_is_told_then_with_the_time(bob):
    row = planned(bob, minutes=60)
    Activity.objects.filter(pk=row.pk).update(remind=60)

    remind_due(at=NOON - timedelta(minutes=1))
    assert told() == []
    remind_due(at=NOON)

    (sentence,) = told()
    assert sentence.startswith("Due ")
    assert sentence.endswith(": Send the offer")


def test_who_wants_no_reminder_gets_none(bob):
    row = planned(bob)
    Activity.objects.filter(pk=row.pk).update(remind=-1)

    assert remind_due(at=NOON) == 0


def test_those_who_were_told_do_not_keep_others_from_it(bob, monkeypatch):
    monkeypatch.setattr("leadflow.notifications.reminders.BATCH", 1)
    planned(bob)
    planned(bob, minutes=1)

    assert [remind_due(at=NOON + timedelta(minutes=2)) for _turn in range(3)] == [1, 1, 0]

"""To-dos repeat once each, move, and go to a colleague who is told."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from leadflow.errors import Conflict, Invalid
from leadflow.events.models import Event
from leadflow.models import Activity, Lead
from leadflow.notifications.models import Notice, Notification
from leadflow.services import activities, todos
from leadflow.services.todos import About, Plan
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 4, 7, tzinfo=UTC)  # a Monday, nine in Berlin


@pytest.fixture(autouse=True)
def _monday(db):
    with time_machine.travel(AT - timedelta(hours=1), tick=False):
        yield


def weekly(by, **more):
    plan = Plan(kind="call", subject="Ring", due_at=AT, repeat="weekly", **more)
    return todos.add(plan, owner=by, by=by)


def open_ones():
    return list(Activity.objects.open().order_by("pk"))


def test_done_makes_the_next_of_the_series_with_all_that_was_said(bob):
    row = weekly(bob, priority=1, remind=30, body="Ask for the price")

    activities.complete(row, by=bob, at=AT)

    (following,) = open_ones()
    assert following.due_at == AT + timedelta(days=7)
    assert (following.priority, following.remind, following.body) == (1, 30, "Ask for the price")


def test_done_twice_makes_one_next(bob):
    row = weekly(bob)
    activities.complete(row, by=bob, at=AT)

    with pytest.raises(Conflict):
        activities.complete(row, by=bob, at=AT)

    assert len(open_ones()) == 1


def test_taken_back_the_next_goes_and_done_again_it_comes_once(bob):
    row = weekly(bob)
    activities.complete(row, by=bob, at=AT)
    activities.reopen(row, by=bob)
    assert open_ones() == [row]

    activities.complete(row, by=bob, at=AT)

    assert [one.due_at for one in open_ones()] == [AT + timedelta(days=7)]


def test_put_off_a_series_keeps_its_own_clock(bob):
    row = weekly(bob)
    todos.put_off_many([row.pk], until=AT + timedelta(days=1, hours=3), by=bob)

    activities.complete_many([row.pk], by=bob, at=AT + timedelta(days=1, hours=4))

    assert [one.due_at for one in open_ones()] == [AT + timedelta(days=7)]


def test_summer_time_ends_and_the_clock_on_the_wall_stays(bob):
    bob.time_zone = "Europe/Berlin"
    bob.save()
    friday = datetime(2026, 10, 23, 7, tzinfo=UTC)
    plan = Plan(kind="todo", subject="Look", due_at=friday, repeat="weekdays")
    row = todos.add(plan, owner=bob, by=bob)

    activities.complete(row, by=bob, at=friday)

    assert [one.due_at for one in open_ones()] == [datetime(2026, 10, 26, 8, tzinfo=UTC)]


def test_a_series_ends_on_its_last_day(bob):
    row = weekly(bob, repeat_until=date(2026, 5, 10))

    activities.complete(row, by=bob, at=AT)

    assert open_ones() == []


def test_a_series_that_would_end_before_it_begins_is_refused_beside_the_field(bob):
    with pytest.raises(Invalid) as refused:
        weekly(bob, repeat_until=date(2026, 5, 3))

    assert "repeat_until" in refused.value.fields


def test_the_lead_knows_the_next_of_a_series(bob):
    lead = a_lead(owner=bob)
    plan = Plan(kind="call", subject="Ring", due_at=AT, repeat="daily")
    row = todos.add(plan, about=About(lead=lead), owner=bob, by=bob)

    activities.complete(row, by=bob, at=AT)

    assert Lead.objects.get(pk=lead.pk).next_step_at == AT + timedelta(days=1)


def test_given_to_a_colleague_she_is_told_with_the_words(bob, mia, drain_events):
    plan = Plan(kind="todo", subject="Check the price", due_at=AT)
    row = todos.add(plan, owner=bob, by=bob)

    todos.delegate_many([row.pk], to=mia, words="Before noon, please", by=bob)
    drain_events()

    row.refresh_from_db()
    assert (row.owner, row.given_by, row.given_words) == (mia, bob, "Before noon, please")
    told = Notification.objects.get(user=mia, kind=Notice.TODO_GIVEN)
    expected = f"{bob.name} gave you a to-do: Check the price. “Before noon, please”"
    assert told.sentence == expected


def test_the_words_are_not_in_the_event_log(bob, mia):
    row = weekly(bob)

    todos.delegate_many([row.pk], to=mia, words="Secret", by=bob)

    assert "Secret" not in str(Event.objects.get(kind="activity.delegated").data)


def test_who_has_it_already_is_not_told_again(bob):
    row = weekly(bob)

    assert todos.delegate_many([row.pk], to=bob, by=bob) == []


def test_what_is_done_is_not_given_away_or_put_off(bob, mia):
    row = weekly(bob)
    activities.complete(row, by=bob, at=AT)

    assert todos.delegate_many([row.pk], to=mia, by=bob) == []
    assert todos.put_off_many([row.pk], until=AT + timedelta(days=1), by=bob).rows == []


def test_a_time_that_has_passed_is_no_time_to_put_off_to(bob):
    with pytest.raises(Invalid):
        todos.put_off_many([weekly(bob).pk], until=AT - timedelta(days=1), by=bob)


def test_edited_the_series_begins_again_with_the_new_time(bob):
    row = weekly(bob)
    later = AT + timedelta(days=1, hours=2)

    todos.edit(row, Plan(kind="email", subject="Write", due_at=later, repeat="weekly"), by=bob)
    activities.complete(row, by=bob, at=later)

    (following,) = open_ones()
    assert (following.kind, following.due_at) == ("email", later + timedelta(days=7))

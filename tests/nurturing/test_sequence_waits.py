from datetime import timedelta

import pytest

from leadflow.models import CustomField, Lead, Tag
from leadflow.services import activities
from nurturing.models import Enrolment, StepDone
from nurturing.services import enrolment
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import (
    a_reader,
    a_sequence,
    condition,
    mail_step,
    step,
    todo_step,
    wait_step,
)
from tests.nurturing.test_sequence_branches import enrol, subjects

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def walk(lead):
    return Enrolment.objects.get(lead=lead)


def test_a_wait_for_an_hour_is_by_her_own_clock():
    until = step("wait_until", until="hour", at="09:00", days=[0, 1, 2, 3, 4])
    sequence, lead = a_sequence(until, mail_step()), a_reader(time_zone="America/New_York")
    enrol(sequence, lead)

    advance_due(at=NOON)

    assert walk(lead).due_at == NOON.replace(hour=14)  # nine o'clock there
    advance_due(at=NOON.replace(hour=14))
    assert subjects(lead) == ["Hello"]


def a_date_field():
    return CustomField.objects.create(
        subject="lead", key="renewal", label="Renewal", type=CustomField.Type.DATE
    )


def renewing(day=""):
    lead = a_reader()
    Lead.objects.filter(pk=lead.pk).update(custom={"renewal": day} if day else {})
    return lead


def test_a_wait_for_a_date_of_hers_ends_so_many_days_before_it():
    a_date_field()
    until = step("wait_until", until="date_field", field="custom.renewal", days=-3, at="09:00")
    day = NOON.date() + 10 * DAY
    sequence, lead = a_sequence(until, mail_step()), renewing(day.isoformat())
    enrol(sequence, lead)

    advance_due(at=NOON)

    assert walk(lead).due_at == (NOON + 7 * DAY).replace(hour=9)


@pytest.mark.parametrize("known", [{}, {"day": "2020-01-01"}])
def test_who_has_no_such_date_or_is_past_it_goes_on_at_once(known):
    a_date_field()
    until = step("wait_until", until="date_field", field="custom.renewal", days=0, at="09:00")
    sequence, lead = a_sequence(until, mail_step()), renewing(**known)
    enrol(sequence, lead)

    advance_due(at=NOON)

    assert subjects(lead) == ["Hello"]


def test_a_call_that_was_made_lets_her_go_on_at_once(drain_events, bob):
    call = todo_step("Call her") | {"kind": "call"}
    waits = step("wait_until", until="todo", step=call["id"], most_days=3)
    sequence, lead = a_sequence(call, waits, mail_step("Thanks for the talk")), a_reader(owner=bob)
    enrol(sequence, lead)
    advance_due(at=NOON)
    advance_due(at=NOON + DAY)
    assert (subjects(lead), walk(lead).due_at) == ([], NOON + 3 * DAY)

    activity = lead.activities.get()
    activities.complete(activity, by=bob, at=NOON + DAY)
    drain_events()
    advance_due(at=NOON + DAY)

    assert activity.kind == "call"
    assert subjects(lead) == ["Thanks for the talk"]
    assert StepDone.objects.get(step=waits["id"]).way == "done"


def test_a_call_that_nobody_makes_holds_her_up_no_longer_than_was_said(bob):
    call = todo_step("Call her")
    waits = step("wait_until", until="todo", step=call["id"], most_days=3)
    sequence, lead = a_sequence(call, waits, mail_step()), a_reader(owner=bob)
    enrol(sequence, lead)

    for days in range(4):
        assert subjects(lead) == []
        advance_due(at=NOON + days * DAY)

    assert subjects(lead) == ["Hello"]
    assert StepDone.objects.get(step=waits["id"]).way == "late"


def test_a_to_do_on_the_branch_that_she_did_not_go_is_not_waited_for():
    todo = todo_step()
    waits = step("wait_until", until="todo", step=todo["id"], most_days=3)
    sequence = a_sequence(condition(yes=[todo]), waits, mail_step())
    lead = a_reader(country="FR")
    enrol(sequence, lead)

    advance_due(at=NOON)

    assert subjects(lead) == ["Hello"]


def test_a_mail_that_her_owner_sends_is_a_to_do_and_no_mail(bob):
    sequence, lead = a_sequence(mail_step("Our talk", manual=True)), a_reader(owner=bob)
    enrol(sequence, lead)

    advance_due(at=NOON)

    activity = lead.activities.get()
    assert (activity.kind, activity.subject, activity.owner) == ("email", "Our talk", bob)
    assert subjects(lead) == []


def test_what_a_step_changes_is_seen_by_the_condition_behind_it():
    keen = Tag.objects.create(name="Keen")
    asks = condition({"all": [{"field": "lead.tags", "op": "has_any_of", "value": [keen.pk]}]})
    asks["yes"] = [mail_step("For the keen")]
    sequence, lead = a_sequence(step("tag", tag="Keen"), asks), a_reader()
    enrol(sequence, lead)

    advance_due(at=NOON)

    assert subjects(lead) == ["For the keen"]


def test_an_effect_that_cannot_be_done_is_passed_by_with_its_reason():
    Tag.objects.create(name="Keen")
    tagged = step("tag", tag="Keen")
    sequence, lead = a_sequence(tagged, mail_step()), a_reader()
    Tag.objects.all().delete()
    enrol(sequence, lead)

    advance_due(at=NOON)

    done = StepDone.objects.get(step=tagged["id"])
    assert (done.reason, done.detail) == ("skipped", "There is no tag “Keen” any more.")
    assert subjects(lead) == ["Hello"]


def test_who_comes_by_a_step_once_more_goes_the_way_she_went_and_does_nothing_twice():
    todo = todo_step()
    asks = condition(yes=[mail_step("Yes")], no=[mail_step("No")])
    sequence = a_sequence(todo, asks, wait_step(), mail_step("End"))
    lead = a_reader(country="DE")
    enrol(sequence, lead)
    advance_due(at=NOON)
    Lead.objects.filter(pk=lead.pk).update(country="FR")
    Enrolment.objects.update(step=todo["id"], due_at=NOON, retraces=True)

    advance_due(at=NOON)

    assert subjects(lead)[0] == "Yes"
    assert "No" not in subjects(lead)
    assert lead.activities.count() == 1


def test_a_to_do_that_is_done_twice_wakes_nobody_else(drain_events, bob):
    sequence, lead = a_sequence(wait_step(), mail_step()), a_reader(owner=bob)
    enrol(sequence, lead)
    advance_due(at=NOON)

    assert enrolment.wake(activity_ids={1, 2, 3}, at=NOON) == 0
    assert walk(lead).due_at == NOON + 2 * DAY

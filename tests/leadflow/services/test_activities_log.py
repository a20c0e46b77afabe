"""Many touches are written down as they would be one by one."""

from datetime import UTC, datetime, timedelta

import pytest

from leadflow.events.models import Event
from leadflow.models import Activity, Lead
from leadflow.services import activities
from leadflow.services.activities import Touch
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 4, 9, tzinfo=UTC)


def a_touch(lead, by, hours=0, kind="call"):
    return Touch(kind=kind, subject="Talked", lead=lead, by=by, at=AT + timedelta(hours=hours))


def test_each_is_its_own_at_its_own_time(alice, bob):
    one, other = a_lead("one@x.example"), a_lead("other@x.example")

    activities.log_many([a_touch(one, bob), a_touch(other, alice, 3)])

    rows = Activity.objects.order_by("pk").values_list("lead", "owner", "created_by", "done_at")
    assert list(rows) == [
        (one.pk, bob.pk, bob.pk, AT),
        (other.pk, alice.pk, alice.pk, AT + timedelta(hours=3)),
    ]
    facts = Event.objects.filter(kind="activity.logged").order_by("pk")
    assert list(facts.values_list("lead_id", "actor_id", "occurred_at")) == [
        (one.pk, bob.pk, AT),
        (other.pk, alice.pk, AT + timedelta(hours=3)),
    ]


def test_the_last_touch_of_a_lead_is_the_latest_and_a_to_do_is_none(bob):
    lead, quiet = a_lead("one@x.example"), a_lead("quiet@x.example")

    activities.log_many(
        [a_touch(lead, bob, 5), a_touch(lead, bob, 2), a_touch(quiet, bob, 1, "todo")]
    )
    activities.log_many([a_touch(lead, bob, 1)])

    assert Lead.objects.get(pk=lead.pk).last_activity_at == AT + timedelta(hours=5)
    assert Lead.objects.get(pk=quiet.pk).last_activity_at is None


def test_the_next_step_is_the_earliest_that_is_not_done(bob):
    lead = a_lead("one@x.example")
    plan = {"kind": "call", "subject": "Call", "lead": lead, "owner": bob, "by": bob}
    soon = activities.plan(due_at=AT + timedelta(days=1), **plan)
    activities.plan(due_at=AT + timedelta(days=2), **plan)
    assert Lead.objects.get(pk=lead.pk).next_step_at == AT + timedelta(days=1)

    activities.complete(soon, by=bob)

    assert Lead.objects.get(pk=lead.pk).next_step_at == AT + timedelta(days=2)


def test_nothing_is_written_for_nothing(bob, django_assert_max_num_queries):
    with django_assert_max_num_queries(0):
        assert activities.log_many([]) == []

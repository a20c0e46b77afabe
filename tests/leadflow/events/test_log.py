import pytest
from django.db import IntegrityError, connection, transaction
from django.test import TestCase

from leadflow.events import log
from leadflow.events.erasing import forget
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models.erasing import erasing


def noted(lead_id=1, **more):
    return log.record(Kind.NOTE_ADDED, lead_id=lead_id, data={"note": 7}, **more)


def rolled_back():
    with transaction.atomic():
        noted()
        transaction.set_rollback(True)


def test_a_fact_is_one_row_with_its_data(db):
    event = noted(lead_id=5)

    event.refresh_from_db()
    assert (event.kind, event.lead_id, event.data) == ("note.added", 5, {"note": 7})
    assert (event.origin, event.hops, event.cause_id, event.seq) == ("live", 0, None, None)


def test_an_unknown_kind_is_refused(db):
    with pytest.raises(ValueError, match="danced"):
        log.record("lead.danced", lead_id=1)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({}, "missing note"),
        ({"note": "seven"}, "note is str"),
        ({"note": 7, "text": "hello"}, "unknown text"),
        ({"note": True}, "note is bool"),
    ],
)
def test_data_of_another_shape_is_refused(db, data, complaint):
    with pytest.raises(ValueError, match=complaint):
        log.record(Kind.NOTE_ADDED, lead_id=1, data=data)


def test_python_words_stand_in_the_data_without_underscore(db):
    event = log.record(Kind.LEAD_ADVANCED, lead_id=1, data={"from": "lead", "to": "mql"})

    assert event.data == {"from": "lead", "to": "mql"}


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_refused():
    with pytest.raises(log.NoTransaction):
        noted()


def test_a_rolled_back_change_leaves_no_fact(db):
    rolled_back()

    assert not Event.objects.exists()


def test_many_facts_are_one_insert(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        log.record_many(Kind.NOTE_ADDED, [3, 4, 5], data=[{"note": 1}, {"note": 2}, {"note": 3}])

    rows = Event.objects.order_by("id").values_list("lead_id", "data__note")
    assert list(rows) == [(3, 1), (4, 2), (5, 3)]


def test_a_transaction_wakes_the_relay_once(db):
    with TestCase.captureOnCommitCallbacks() as callbacks:
        noted()
        with transaction.atomic():
            noted()
        log.record_many(Kind.NOTE_ADDED, [3, 4], data={"note": 1})

    assert callbacks == [log.wake_relay]


def test_a_savepoint_that_falls_takes_its_wake_and_a_later_fact_brings_another(db):
    with TestCase.captureOnCommitCallbacks() as callbacks:
        rolled_back()
        assert callbacks == []
        noted()

    assert callbacks == [log.wake_relay]


def test_the_relay_may_stamp_a_fact(db):
    event = noted()

    assert Event.objects.update(seq=1, dispatched_at=event.recorded_at) == 1


def test_forgetting_a_person_keeps_the_fact_and_drops_whose_it_was(db):
    event, other = noted(lead_id=1), noted(lead_id=2)

    forget([1])

    event.refresh_from_db()
    other.refresh_from_db()
    assert (event.kind, event.lead_id, event.data) == ("note.added", None, {})
    assert other.lead_id == 2


def test_after_erasing_the_same_transaction_is_guarded_again(db):
    noted()
    with erasing():
        pass

    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.update(data={})


def test_erasing_within_erasing_leaves_the_outer_block_free_to_erase(db):
    event = noted()

    with erasing():
        with erasing():
            Event.objects.filter(pk=event.pk).update(data={})
        Event.objects.filter(pk=event.pk).delete()

    assert not Event.objects.filter(pk=event.pk).exists()


def test_what_is_still_to_be_dispatched_is_read_from_its_own_index(db):
    """Among many that are done: with no rows the planner takes any index for as good."""
    at = clock.now()
    done = {"kind": "note.added", "occurred_at": at, "recorded_at": at, "dispatched_at": at}
    Event.objects.bulk_create(Event(**done) for _ in range(2000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_event")
        cursor.execute(
            "EXPLAIN SELECT * FROM events_event WHERE dispatched_at IS NULL ORDER BY id LIMIT 1000"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "event_pending" in plan

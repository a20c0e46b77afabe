import threading
import time

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connection, connections, transaction

from leadflow.celery import app
from leadflow.events import relay, tasks
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.events.models import Event
from leadflow.events.registry import reacting


def note(lead=1):
    with transaction.atomic():
        return record(Kind.NOTE_ADDED, lead_id=lead, data={"note": 1})


def pending():
    return Event.objects.filter(dispatched_at=None).count()


def wait_until_dispatched(seconds):
    until = time.monotonic() + seconds
    while pending():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_the_relay_through_the_broker():
    app.loader.import_default_modules()
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=10):
        note()
        wait_until_dispatched(30)


def test_the_sweep_finds_what_no_wake_told_of(db):
    note()

    tasks.sweep()

    assert pending() == 0


@pytest.fixture
def busy(db):
    """Another relay that holds the lock until it is told to end."""
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [relay.LOCK])
        yield lambda: cursor.execute("SELECT pg_advisory_unlock(%s)", [relay.LOCK])
    other.close()


def test_a_wake_that_finds_the_relay_busy_holds_up_nobody(busy):
    note()
    begun = time.monotonic()

    tasks.wake()

    assert time.monotonic() - begun < 0.5
    assert pending() == 1
    busy()


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_after_the_last_look_of_a_busy_relay_is_read_by_that_relay():
    late = []

    def committed_after_a_look_that_found_nothing(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if "events_event" in sql and sql.endswith("LIMIT 1000") and not pending() and not late:
            late.append(threading.Thread(target=somebody))
            late[0].start()
            late[0].join()
        return answer

    def somebody():
        note(lead=2)
        tasks.wake()
        connections["default"].close()

    note()
    with connection.execute_wrapper(committed_after_a_look_that_found_nothing):
        relay.run()

    assert late
    assert pending() == 0


def test_a_long_backlog_is_left_to_the_next_task(db, monkeypatch):
    note()
    woken = []
    monkeypatch.setattr(tasks.log, "wake_relay", lambda: woken.append(1))
    monkeypatch.setattr(tasks, "STRETCH", 0.0)

    tasks.sweep()

    assert woken == [1]


@pytest.mark.django_db(transaction=True)
def test_an_event_recorded_while_the_relay_works_is_not_forgotten():
    def on_noted(events):
        thread = threading.Thread(target=late)
        thread.start()
        thread.join()

    def late():
        if Event.objects.count() == 1:
            note(lead=2)
        connections["default"].close()

    note()
    with reacting({Kind.NOTE_ADDED: [on_noted]}):
        relay.run()

    assert pending() == 0
    assert Event.objects.count() == 2

import threading
import time

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connections, transaction

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


def test_a_wake_that_finds_the_relay_busy_looks_again_after_a_second(busy, monkeypatch):
    note()
    monkeypatch.setattr(tasks.time, "sleep", lambda _seconds: busy())

    tasks.wake()

    assert pending() == 0


def test_of_many_wakes_that_find_it_busy_one_waits(busy, monkeypatch):
    note()
    waits = []
    monkeypatch.setattr(tasks.time, "sleep", waits.append)
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [tasks.WAITER])

        tasks.wake()

        cursor.execute("SELECT pg_advisory_unlock(%s)", [tasks.WAITER])
    other.close()
    assert waits == []
    assert pending() == 1


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

import threading
from contextlib import closing

import pytest
from django.db import connection, connections, transaction
from django.test import TestCase

from leadflow.errors import Conflict, Invalid
from leadflow.models import Tag
from leadflow.runs import leasing, registry, services, tasks, working
from leadflow.runs.models import Run


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setattr(registry, "_kinds", {})


@pytest.fixture
def kind(kinds):
    """Register a light kind that is done by the given function."""

    def register(work, key="count", **more):
        registry.register(
            registry.RunKind(key=key, label="Counting", work=work, heavy=more.pop("heavy", False))
        )

    return register


def counting(work):
    """Make ten tags, two per chunk."""
    work.expect(10)
    while (done := work.checkpoint.get("done", 0)) < 10:
        with work.chunk() as chunk:
            for n in (done, done + 1):
                Tag.objects.create(name=f"tag {n}")
            chunk.by, chunk.checkpoint = 2, {"done": done + 2}
    return {"tags": 10}


def asked(**more):
    return services.start("count", {}, by=more.pop("by", None), **more)


def age_lease():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE runs_run SET lease_until = now() - interval '1 second'")


def test_a_run_is_done_in_chunks_and_says_so(db, kind, recorded):
    kind(counting)
    run = asked()

    tasks.wake()

    run.refresh_from_db()
    assert (run.state, run.progress, run.total, run.percent) == ("done", 10, 10, 100)
    assert run.result == {"tags": 10}
    assert (run.token, run.lease_until) == (None, None)
    assert recorded() == ["run.finished"]
    assert Tag.objects.count() == 10


def test_asking_wakes_a_worker_when_the_transaction_commits(db, kind):
    kind(counting)
    with TestCase.captureOnCommitCallbacks() as callbacks:
        asked(), asked()

    assert callbacks == [services.wake]


def test_an_unknown_kind_is_refused(db):
    with pytest.raises(Invalid):
        services.start("dance", {}, by=None)


def test_a_key_is_worked_on_once_at_a_time(db, kind):
    kind(counting)
    asked(key="import:7")
    with pytest.raises(Conflict):
        asked(key="import:7")

    tasks.wake()
    assert asked(key="import:7").state == "queued"


def test_a_failed_chunk_leaves_nothing_and_the_ones_before_stay(db, kind):
    def work(work):
        with work.chunk():
            Tag.objects.create(name="one")
        with work.chunk():
            Tag.objects.create(name="two")
            raise ValueError("row 2 is broken")

    kind(work)
    run = asked()
    tasks.wake()

    run.refresh_from_db()
    assert (run.state, run.error, run.progress) == ("failed", "ValueError: row 2 is broken", 1)
    assert list(Tag.objects.values_list("name", flat=True)) == ["one"]


def test_a_sentence_for_people_is_shown_as_it_stands(db, kind):
    def work(work):
        raise Invalid("Column 3 has no name.")

    kind(work)
    run = asked()
    tasks.wake()

    run.refresh_from_db()
    assert run.error == "Column 3 has no name."


def test_a_waiting_run_is_cancelled_at_once(db, kind, recorded):
    kind(counting)
    run = services.cancel(asked(), by=None)

    assert run.state == "cancelled"
    assert recorded() == ["run.finished"]
    with pytest.raises(Conflict):
        services.cancel(run, by=None)


def test_a_run_at_work_is_cancelled_after_its_chunk(db, kind):
    def work(work):
        with work.chunk():
            Tag.objects.create(name="kept")
            services.cancel(Run.objects.get(), by=None)
        with work.chunk():
            Tag.objects.create(name="never made")

    kind(work)
    run = asked()
    tasks.wake()

    run.refresh_from_db()
    assert (run.state, run.progress) == ("cancelled", 1)
    assert Tag.objects.get().name == "kept"


def test_a_process_that_has_to_end_gives_the_run_back_and_the_next_goes_on(db, kind):
    stopping = threading.Event()

    def work(work):
        while (done := work.checkpoint.get("done", 0)) < 4:
            with work.chunk() as chunk:
                Tag.objects.create(name=f"tag {done}")
                chunk.checkpoint = {"done": done + 1}
            if done == 1:
                stopping.set()

    kind(work)
    asked()
    assert working.execute(leasing.claim(heavy=False), stopping) == "queued"
    assert Tag.objects.count() == 2

    stopping.clear()
    assert working.execute(leasing.claim(heavy=False), stopping) == "done"
    assert Tag.objects.count() == 4
    assert Run.objects.get().crashes == 0


def test_a_held_run_is_nobody_elses(db, kind):
    kind(counting)
    asked()

    assert leasing.claim(heavy=False) is not None
    assert leasing.claim(heavy=False) is None


def test_a_run_whose_holder_fell_silent_is_taken_up(db, kind):
    kind(counting)
    asked()
    first = leasing.claim(heavy=False)
    age_lease()

    second = leasing.claim(heavy=False)
    assert second.pk == first.pk
    assert second.token != first.token
    assert second.crashes == 1


def test_a_holder_that_wakes_up_late_commits_nothing(db, kind):
    kind(counting)
    asked()
    late = leasing.claim(heavy=False)
    age_lease()
    leasing.claim(heavy=False)

    assert working.execute(late) == "running"
    assert Tag.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_run_in_the_middle_of_a_chunk_keeps_nobody_waiting(kind):
    kind(counting)
    run = asked()
    other = connections.create_connection("default")
    other.set_autocommit(False)
    with closing(other), other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM runs_run WHERE id = %s FOR UPDATE", [run.pk])
        with transaction.atomic(), connection.cursor() as mine:
            mine.execute("SET LOCAL lock_timeout = '500ms'")
            assert leasing.claim(heavy=False) is None


def test_three_holders_that_die_at_the_same_place_are_enough(db, kind):
    kind(counting)
    run = asked()
    for _ in range(3):
        assert leasing.claim(heavy=False) is not None
        age_lease()

    assert leasing.claim(heavy=False) is None
    run.refresh_from_db()
    assert run.state == "failed"
    assert "three times" in run.error


def test_no_more_children_than_the_machine_bears(db, kind):
    kind(counting, heavy=True)
    for _ in range(leasing.AT_ONCE + 1):
        asked()

    claimed = [leasing.claim(heavy=True) for _ in range(leasing.AT_ONCE + 1)]
    assert claimed[-1] is None
    assert None not in claimed[:-1]


def test_runs_are_shown_to_who_asked_and_to_admins(db, kind, alice, bob, carl):
    kind(counting)
    run = asked(by=bob)

    assert list(Run.objects.visible_to(bob)) == [run]
    assert list(Run.objects.visible_to(alice)) == [run]
    assert not Run.objects.visible_to(carl)

"""An import whose process dies goes on where its last chunk ended: each line once, the totals add up."""

import io
import signal
import time

import pytest
from django.conf import settings
from django.db import connection

from leadflow.events.models import Event
from leadflow.imports import services
from leadflow.models import Lead, LeadIdentity
from leadflow.runs import leasing
from tests.faults.processes import start

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LINES = 7 * services.CHUNK  # enough chunks to die between two of them


def bring(alice):
    text = "email,first_name\n" + "".join(f"p{n}@x{n % 50}.example,P{n}\n" for n in range(LINES))
    file = io.BytesIO(text.encode())
    return services.start(
        services.upload(entity="lead", name="people.csv", file=file, by=alice), by=alice
    )


@pytest.fixture
def imported(alice):
    return bring(alice)


def child(imported):
    """A child with the claimed run, as the product starts it."""
    claimed = leasing.claim(heavy=True, run_id=imported.run_id)
    return start(
        "-m", "leadflow", "run_work", str(claimed.pk), str(claimed.token),
        VAR_DIR=str(settings.VAR_DIR),
    )  # fmt: skip


def wait_for_leads(more_than=0):
    until = time.monotonic() + 60
    while (count := Lead.objects.count()) <= more_than:
        assert time.monotonic() < until
        time.sleep(0.02)
    return count


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_fault_F23_a_killed_import_goes_on_and_takes_each_line_once(imported, sign):
    with child(imported) as process:
        assert 0 < wait_for_leads() < LINES
        process.send_signal(sign)
    half = Lead.objects.count()
    assert (half % services.CHUNK, half < LINES) == (0, True)
    assert imported.rows.count() == half  # the ledger never runs ahead, nor behind

    run = imported.run
    run.refresh_from_db()
    if run.token:
        leasing.lapse(run.pk, run.token)
    with child(imported) as process:
        assert process.wait(120) == 0

    imported.refresh_from_db()
    run.refresh_from_db()
    assert (imported.state, imported.created, imported.lines) == ("done", LINES, LINES)
    assert (run.state, run.progress) == ("done", LINES)
    assert Lead.objects.count() == LeadIdentity.objects.count() == imported.rows.count() == LINES
    assert Event.objects.filter(kind="lead.captured").count() == LINES


def give_up_lease(imported):
    """Nobody holds the run: as time would do it."""
    run = imported.run
    run.refresh_from_db()
    if run.token:
        leasing.lapse(run.pk, run.token)


def finish(imported):
    give_up_lease(imported)
    with child(imported) as process:
        assert process.wait(120) == 0
    imported.refresh_from_db()
    return imported


def test_fault_F23_an_import_killed_three_times_takes_each_line_once(imported):
    halves = [0]
    for _kill in range(3):
        give_up_lease(imported)
        with child(imported) as process:
            wait_for_leads(more_than=halves[-1])
            process.send_signal(signal.SIGKILL)
        halves.append(Lead.objects.count())
        assert imported.rows.count() == halves[-1]
    assert halves[-1] < LINES  # it was really killed in the middle, three times

    finish(imported)

    assert (imported.state, imported.created, imported.failed) == ("done", LINES, 0)
    assert Lead.objects.count() == LeadIdentity.objects.count() == imported.rows.count() == LINES
    assert Event.objects.filter(kind="lead.captured").count() == LINES


def test_fault_F23_one_file_twice_in_parallel_makes_nobody_twice(imported, alice):
    other = bring(alice)
    with child(imported) as first, child(other) as second:
        ended = (first.wait(240), second.wait(240))

    assert ended == (0, 0)
    imported.refresh_from_db()
    other.refresh_from_db()
    assert (imported.state, other.state) == ("done", "done")
    assert Lead.objects.count() == LeadIdentity.objects.count() == LINES
    assert imported.created + other.created == LINES
    for one in (imported, other):
        told = one.created + one.updated + one.unchanged + one.skipped + one.failed
        assert told == one.rows.count() == LINES
        assert one.failed == 0


def test_fault_F23_an_import_whose_connections_the_database_cut_goes_on(imported):
    with child(imported) as process:
        wait_for_leads()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchone()[0] >= 1
        process.wait(60)
    half = Lead.objects.count()
    assert (half % services.CHUNK, half < LINES) == (0, True)
    assert imported.rows.count() == half

    finish(imported)

    assert (imported.state, imported.created, imported.failed) == ("done", LINES, 0)
    assert Lead.objects.count() == imported.rows.count() == LINES

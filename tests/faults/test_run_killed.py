import os
import signal
import time

import pytest

from leadflow.models import Tag
from leadflow.runs import leasing, registry, services
from leadflow.runs.models import Run
from tests.faults.counting import CountingConfig
from tests.faults.processes import start

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

STEPS = 60


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(registry, "_kinds", {})
    CountingConfig.ready(None)
    return services.start("faults.count", {"steps": STEPS}, by=None)


def child(run):
    """A child process with a claimed run, as the product starts it."""
    claimed = leasing.claim(heavy=True)
    return start(
        "-m", "leadflow", "run_work", str(run.pk), str(claimed.token),
        DJANGO_SETTINGS_MODULE="tests.faults.run_settings",
    )  # fmt: skip


def wait_for_steps(number):
    until = time.monotonic() + 20
    while Tag.objects.count() < number:
        assert time.monotonic() < until
        time.sleep(0.02)


def assert_each_step_was_done_once(run):
    run.refresh_from_db()
    assert (run.state, run.progress, run.error) == ("done", STEPS, "")
    assert Tag.objects.count() == STEPS


def test_a_child_killed_in_the_middle_is_resumed_where_its_last_chunk_ended(run):
    with child(run) as process:
        wait_for_steps(10)
        process.kill()
    run.refresh_from_db()
    before = run.progress
    assert before == Tag.objects.count() >= 10
    assert leasing.claim(heavy=True) is None  # its lease still stands

    leasing.lapse(run.pk, run.token)
    with child(run) as process:
        assert process.wait(30) == 0

    assert_each_step_was_done_once(run)


def test_a_child_that_is_asked_to_end_gives_the_run_back_at_once(run):
    with child(run) as process:
        wait_for_steps(5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    run.refresh_from_db()
    assert run.state == Run.State.QUEUED
    assert run.progress == Tag.objects.count() < STEPS

    with child(run) as process:
        assert process.wait(30) == 0

    assert_each_step_was_done_once(run)


def test_a_child_ends_soon_after_the_process_that_started_it(run):
    claimed = leasing.claim(heavy=True)
    command = f"import os, subprocess, sys, time; p = subprocess.Popen([sys.executable, '-m', 'leadflow', 'run_work', '{run.pk}', '{claimed.token}']); print(p.pid, flush=True); time.sleep(60)"
    with start("-c", command, DJANGO_SETTINGS_MODULE="tests.faults.run_settings") as parent:
        pid = int(parent.stdout.readline())
        wait_for_steps(3)
        parent.kill()
    until = time.monotonic() + 10
    while os.path.exists(f"/proc/{pid}"):  # noqa: PTH110
        assert time.monotonic() < until
        time.sleep(0.05)

    run.refresh_from_db()
    assert run.state == Run.State.QUEUED
    assert run.progress == Tag.objects.count() < STEPS

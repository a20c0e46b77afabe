"""Workers and their broker are killed while mail goes out and visitors post. Short form of the table."""

import os
import random
import signal
import time

import pytest

from tests.faults.installation import Installation
from tests.faults.sizes import size
from tests.faults.workload import Visitors

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.needs("redis-server")]

KILLS = size(3, 20)
MAILS = size(140, 900)  # each kill leaves up to twenty in the hands of the dead
CHILDREN = 2  # of the worker, as the compose file has it


@pytest.fixture
def working(installation: Installation) -> Installation:
    """Redis and a worker; the next server takes a quarter of a second for each mail."""
    installation.start_redis()
    installation.start("worker")
    installation.wait_for_children("worker", CHILDREN)
    installation.sink.behave("rcpt", "slow", times=10**6)
    return installation


def begin_sending(installation: Installation, batch: str, before: int) -> None:
    """Wake every child; go on when the next mail has arrived, so that a kill falls into the sending."""
    installation.hint(times=CHILDREN)
    until = time.monotonic() + 60
    while len(installation.sink.accepted) <= before:
        assert time.monotonic() < until, (installation.states(batch), installation.logs())
        time.sleep(0.02)


def test_fault_F01_children_of_the_worker_killed_at_random_double_and_lose_nothing(working, mails):
    mails("F01", MAILS)
    chance = random.Random(11)
    for _ in range(KILLS):
        begin_sending(working, "F01", len(working.sink.accepted))
        time.sleep(chance.uniform(0, 0.5))
        os.kill(chance.choice(working.wait_for_children("worker", CHILDREN)), signal.SIGKILL)
    assert working.states("F01").get("sent", 0) < MAILS, "nothing was left to go wrong"
    assert working.running["worker"].poll() is None

    working.settle("F01")

    working.judge_mail("F01", MAILS, most_uncertain=KILLS)


def test_fault_F02_a_whole_worker_killed_at_random_doubles_and_loses_nothing(working, mails):
    mails("F02", MAILS)
    chance, kills = random.Random(12), size(2, 20)
    for _ in range(kills):
        begin_sending(working, "F02", len(working.sink.accepted))
        time.sleep(chance.uniform(0, 0.5))
        working.kill("worker")
        working.start("worker")
        working.wait_for_children("worker", CHILDREN)

    working.settle("F02")

    working.judge_mail("F02", MAILS, most_uncertain=kills * CHILDREN)


def test_fault_F05_a_worker_that_is_asked_to_stop_leaves_nothing_uncertain(working, mails):
    mails("F05", MAILS)
    for _ in range(size(1, 10)):
        begin_sending(working, "F05", len(working.sink.accepted))
        began = time.monotonic()
        assert working.stop("worker", patience=30) in {0, 143}
        assert time.monotonic() - began <= 30
        states = working.states("F05")
        assert set(states) == {"sent", "queued"}, "something was left in hand"
        working.start("worker")
        working.wait_for_children("worker", CHILDREN)

    working.settle("F05", clean=True)

    working.judge_mail("F05", MAILS, most_uncertain=0)


def test_fault_F05_a_worker_asked_to_stop_as_a_child_takes_up_a_hint_is_gone_in_time(installation):
    installation.start_redis()
    installation.start("worker")
    children = installation.wait_for_children("worker", CHILDREN)
    installation.hint()
    installation.wait_for_hints()  # the worker listens
    for child in children:  # what the parent writes to them now stays unanswered
        os.kill(child, signal.SIGSTOP)
    installation.hint(times=CHILDREN)
    installation.wait_for_hints(in_hand=CHILDREN)

    worker = installation.running["worker"]
    worker.send_signal(signal.SIGTERM)
    time.sleep(1)
    for child in children:
        os.kill(child, signal.SIGCONT)

    assert installation.stop("worker", patience=15) == 0


def test_fault_F12_a_broker_that_forgets_everything_costs_seconds(installation, form, mails):
    installation.start_redis()
    installation.start("web", "worker", "beat")
    installation.wait_for_children("worker")
    visitors = Visitors(installation, form(installation), "F12", pause=0.2)
    visitors.start()
    for n in range(2):
        mails(f"F12.{n}", 30)
        for _ in range(3):  # whatever was hinted at is forgotten, and forgotten again
            installation.flush_redis()
            time.sleep(0.3)
        waited = installation.wait_until(
            "SELECT count(*) = 30 FROM mail_delivery WHERE key LIKE %s AND state = 'sent'",
            f"F12.{n}:%",
        )
        assert waited <= 30
        installation.judge_mail(f"F12.{n}", 30, most_uncertain=0)
    visitors.finish()

    assert set(visitors.statuses) == {200}
    installation.judge_posts("F12", visitors.acknowledged)
    installation.judge_facts()
    (late,) = installation.rows(
        "SELECT max(dispatched_at - recorded_at) <= interval '30 seconds' FROM events_event e"
        " JOIN capture_submission s ON s.lead_id = e.lead_id"
        " WHERE s.client_submission_id LIKE 'F12-%%'"
    )
    assert late == (True,)


def test_fault_F13_without_redis_capture_and_mail_go_on_and_workers_come_back(
    installation, form, mails
):
    installation.start_redis()
    installation.start("web", "worker", "beat", "relay", "dispatch")
    installation.wait_for("/healthz/deep/", 200)
    opened = form(installation)
    worker = installation.running["worker"].pid
    installation.kill("redis")

    visitors = Visitors(installation, opened, "F13")
    visitors.start()
    mails("F13", 20)
    assert installation.status("/sign-in/") == 200
    visitors.finish()
    assert set(visitors.statuses) == {200}
    assert visitors.slowest < 5
    installation.judge_posts("F13", visitors.acknowledged)
    installation.judge_facts()  # the relay needs no broker
    waited = installation.wait_until(
        "SELECT count(*) = 20 FROM mail_delivery WHERE key LIKE 'F13:%%' AND state = 'sent'",
        patience=60,
    )
    assert waited <= 60  # 30 seconds are the workers' own; then the dispatcher acts
    installation.judge_mail("F13", 20, most_uncertain=0)

    installation.rows("DELETE FROM operations_heartbeat")
    installation.start_redis()
    installation.wait_until("SELECT EXISTS (SELECT 1 FROM operations_heartbeat)", patience=90)
    assert installation.running["worker"].pid == worker
    assert installation.running["worker"].poll() is None
    installation.stop("dispatch")
    mails("F13b", 10)
    installation.wait_until(
        "SELECT count(*) = 10 FROM mail_delivery WHERE key LIKE 'F13b:%%' AND state = 'sent'",
        patience=60,
    )
    installation.judge_mail("F13b", 10, most_uncertain=0)

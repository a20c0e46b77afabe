"""Beats that are killed, and everything that shall run once running twice: each mail still leaves once."""

import random
import time

import pytest

from tests.faults.installation import Installation
from tests.faults.sizes import size

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.needs("redis-server")]

MAILS = size(60, 400)
TICKS = "SELECT count(*) - count(DISTINCT (schedule_id, slot_start_utc)) FROM runs_tick"


def all_sent(installation: Installation, batch: str, patience: float = 90) -> None:
    installation.wait_until(
        "SELECT NOT EXISTS (SELECT 1 FROM mail_delivery WHERE key LIKE %s AND state <> 'sent')",
        f"{batch}:%",
        patience=patience,
    )


def test_fault_F07_two_beats_and_two_dispatchers_with_their_workers_send_each_mail_once(
    installation: Installation, mails
):
    installation.start_redis()
    installation.start(
        "worker", "worker#2", "beat", "beat#2", "dispatch", "dispatch#2", "relay", "relay#2"
    )
    installation.wait_for_children("worker")
    installation.wait_for_children("worker#2")
    installation.sink.behave("rcpt", "slow", times=20)
    mails("F07", MAILS)
    # what has waited longer than the workers' half minute belongs to both dispatchers as well
    installation.rows(
        "UPDATE mail_delivery SET not_before = now() - interval '1 minute' WHERE state = 'queued'"
    )

    all_sent(installation, "F07")
    time.sleep(size(3, 300))  # the beats go on, and so do both dispatchers

    installation.judge_mail("F07", MAILS, most_uncertain=0)
    assert installation.value(TICKS) == 0
    for name in (
        "beat",
        "beat#2",
        "dispatch",
        "dispatch#2",
        "relay",
        "relay#2",
        "worker",
        "worker#2",
    ):
        assert installation.running[name].poll() is None, (name, installation.logs())
    installation.judge_facts()


def test_fault_F07_a_beat_that_is_killed_again_and_again_costs_time_and_nothing_else(
    installation: Installation, mails
):
    installation.start_redis()
    installation.start("worker", "beat")
    installation.wait_for_children("worker")
    chance = random.Random(7)

    for n in range(size(2, 5)):
        mails(f"F07k{n}", 10)
        time.sleep(chance.uniform(0.2, 1.0))
        installation.kill("beat")
        installation.flush_redis()  # nothing that it said is left
        installation.start("beat")
    for n in range(size(2, 5)):
        all_sent(installation, f"F07k{n}")
        installation.judge_mail(f"F07k{n}", 10, most_uncertain=0)

    assert installation.value(TICKS) == 0

"""PostgreSQL dies and comes back, web processes are killed: who saw a thank-you has a row."""

import os
import random
import signal
import time

import pytest

from tests.faults.installation import LASTING, Installation
from tests.faults.workload import Visitors

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.needs("redis-server")]

DOWN = {"/": "text/html", "/sign-in/": "text/html", "/api/v1/leads/": "problem+json"}


def test_fault_F08_postgresql_restarted_in_the_middle_of_everything_loses_nothing(
    installation: Installation, form, mails
):
    installation.start_redis()
    installation.start(*LASTING)
    installation.wait_for_children("worker")
    pids = {name: installation.running[name].pid for name in LASTING}
    opened = form(installation)
    crowd = [Visitors(installation, opened, f"F08{mark}") for mark in "ab"]
    for visitors in crowd:
        visitors.start()
    installation.sink.behave("rcpt", "slow", times=10**6)
    mails("F08", 60)

    installation.postgres("stop")
    for path, kind in DOWN.items():
        status, headers, _body = installation.ask(
            path, Cookie="session=abc", Authorization="Bearer lf_1.2"
        )
        assert (status, "Retry-After" in headers) == (503, True), (path, status)
        assert kind in headers["Content-Type"]
    installation.postgres("start")
    began = time.monotonic()
    installation.wait_for(opened["path"], 200, patience=10)
    assert time.monotonic() - began <= 10
    for _ in range(2):
        time.sleep(1)
        installation.postgres("restart")
    for visitors in crowd:
        visitors.finish()

    for visitors in crowd:
        assert set(visitors.statuses) == {200, 503}, installation.failures()
        assert visitors.longest_gap <= 10 + 5  # a restart, and ten seconds to come back
        installation.judge_posts(visitors.prefix, visitors.acknowledged)
    assert pids == {name: installation.running[name].pid for name in LASTING}
    assert [name for name in LASTING if installation.running[name].poll() is not None] == []
    installation.settle("F08")
    installation.judge_mail("F08", 60, most_uncertain=3 * 3)
    installation.judge_facts()


def test_fault_F06_web_processes_killed_while_visitors_post(installation: Installation, form):
    installation.start_redis()
    installation.start("web", "relay")
    opened = form(installation)
    installation.wait_for_children("web")
    crowd = [Visitors(installation, opened, f"F06{mark}") for mark in "ab"]
    for visitors in crowd:
        visitors.start()
    chance = random.Random(6)
    for kills in range(60):  # six, and on until one of them has hit a request
        if kills >= 6 and any(0 in visitors.statuses for visitors in crowd):
            break
        time.sleep(chance.uniform(0.2, 0.6))
        os.kill(chance.choice(installation.wait_for_children("web")), signal.SIGKILL)
    for visitors in crowd:
        visitors.finish()

    for visitors in crowd:
        assert set(visitors.statuses) <= {0, 200}
        installation.judge_posts(visitors.prefix, visitors.acknowledged)
    assert any(0 in visitors.statuses for visitors in crowd), "no kill hit a request"
    installation.judge_facts()

"""PostgreSQL stands still or takes no writes while mail goes out: what was begun ends, the rest waits."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.faults.installation import Installation
from tests.faults.sizes import size

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.needs("redis-server")]

MAILS = size(80, 300)
STANDS_STILL = size(4, 20)


@pytest.fixture
def sending(installation: Installation, mails) -> Installation:
    """Two senders in the middle of their work."""
    installation.start_redis()
    installation.start("web", "worker", "dispatch")
    installation.wait_for_children("worker")
    installation.wait_for("/readyz/", 200)
    installation.sink.behave("rcpt", "slow", times=10**6)
    mails("F10", MAILS)
    installation.hint(times=2)
    until = time.monotonic() + 60
    while not installation.sink.accepted:
        assert time.monotonic() < until, installation.logs()
        time.sleep(0.05)
    return installation


def everybody(installation: Installation, sign: signal.Signals) -> None:
    """The postmaster and all that it started."""
    first = int((Path(installation.server.data) / "postmaster.pid").read_text().split("\n")[0])
    listed = Path(f"/proc/{first}/task").glob("*/children")
    for pid in [first, *(int(pid) for file in listed for pid in file.read_text().split())]:
        os.kill(pid, sign)


def threads(installation: Installation) -> int:
    pids = [installation.running["web"].pid, *installation.children("web")]
    return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in pids)


def test_fault_F10_a_database_that_stands_still_doubles_no_mail_and_piles_nothing_up(sending):
    before = threads(sending)
    everybody(sending, signal.SIGSTOP)
    try:
        time.sleep(STANDS_STILL)
        # what was past its begin has left; nothing new begins
        left = len(sending.sink.accepted)
        time.sleep(1)
        assert len(sending.sink.accepted) == left
        assert threads(sending) <= before + 16
    finally:
        everybody(sending, signal.SIGCONT)

    sending.wait_for("/readyz/", 200, patience=10)
    sending.settle("F10", clean=True)
    sending.judge_mail("F10", MAILS, most_uncertain=0)


def test_fault_F10_a_database_that_takes_no_writes_sends_nothing_and_says_503(sending, form):
    opened = form(sending)
    answer = {"email": "ada@visitor.test-mail.com", "first_name": "Ada", "token": opened["token"]}
    sending.rows("ALTER SYSTEM SET default_transaction_read_only = on")
    sending.rows("SELECT pg_reload_conf()")
    try:
        time.sleep(1.5)
        left = len(sending.sink.accepted)
        time.sleep(size(2, 30))
        assert len(sending.sink.accepted) == left, "mail left that nobody wrote down"
        status, headers, _body = sending.ask(opened["path"], answer | {"client_id": "F10-1"})
        assert (status, "Retry-After" in headers) == (503, True)
    finally:
        sending.rows("ALTER SYSTEM RESET default_transaction_read_only")
        sending.rows("SELECT pg_reload_conf()")

    assert sending.ask(opened["path"], answer | {"client_id": "F10-1"})[0] == 200
    sending.settle("F10")
    sending.judge_mail("F10", MAILS, most_uncertain=3)

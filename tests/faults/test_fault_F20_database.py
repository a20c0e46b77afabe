"""PostgreSQL has no room left: visitors and senders wait, and with room everything is there once."""

import time

import pytest

from tests import template
from tests.faults import disks
from tests.faults.installation import Installation
from tests.faults.sizes import size
from tests.faults.workload import Visitors

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.needs("redis-server")]

MAILS = size(40, 300)


@pytest.fixture
def cramped(tmp_path):
    """An installation whose database lies on a disk of its own, and that disk."""
    with disks.small(tmp_path / "postgres", "240m") as disk:
        template.copy(disk)
        made = Installation(tmp_path)
        try:
            yield made, disk
        finally:
            made.end()
            made.sink.stop()
            made.server.release()


def test_fault_F20_a_database_without_room_says_503_and_doubles_and_loses_nothing(cramped):
    there, disk = cramped
    path = there.run("python", "-m", "tests.faults.workload", "prepare").stdout.strip()
    there.start_redis()
    there.start("web", "worker", "relay")
    there.wait_for_children("worker")
    visitors = Visitors(there, there.form(path), "F20")
    there.sink.behave("rcpt", "slow", times=10**6)
    queued = there.run("python", "-m", "tests.faults.workload", "mails", "F20", str(MAILS))
    assert queued.returncode == 0, queued.stderr

    filler = disks.fill(disk)
    visitors.start()
    there.hint(times=2)
    until = time.monotonic() + 60
    while 503 not in visitors.statuses:
        assert time.monotonic() < until, "the disk was never full"
        there.hint()
        time.sleep(0.1)
    time.sleep(size(2, 20))
    filler.unlink()
    there.server.keep()  # where its log had no room it ended, and whoever runs it starts it again

    there.wait_for("/readyz/", 200, patience=30)
    visitors.finish()
    assert set(visitors.statuses) == {200, 503}, there.failures()
    there.judge_posts("F20", visitors.acknowledged)
    there.settle("F20")
    # two senders, and a hint may begin each anew while there is no room
    there.judge_mail("F20", MAILS, most_uncertain=4)

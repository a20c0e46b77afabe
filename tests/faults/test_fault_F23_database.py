"""PostgreSQL itself is restarted in the middle of an import: each line comes in once."""

import pytest

from leadflow.imports.services import CHUNK
from tests.faults.installation import Installation

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.needs("redis-server")]

LINES = 10 * CHUNK
KEPT = "SELECT count(*) FROM imports_importrow WHERE imported_id = %s"


def test_fault_F23_an_import_goes_on_after_postgresql_was_restarted(installation: Installation):
    installation.start_redis()
    installation.start("worker", "beat", "relay")
    installation.wait_for_children("worker")
    asked = installation.run("python", "-m", "tests.faults.workload", "people", str(LINES))
    assert asked.returncode == 0, asked.stderr
    number = int(asked.stdout)

    halves = [0]
    for _restart in range(2):
        installation.wait_until(f"SELECT ({KEPT}) > %s", number, halves[-1], patience=120)
        installation.postgres("restart")
        halves.append(installation.value(KEPT, number))
        # whoever died holds the run for a minute; here it is over
        installation.rows("UPDATE runs_run SET lease_until = now() WHERE state = 'running'")
    assert [half % CHUNK for half in halves] == [0, 0, 0]
    assert halves[-1] < LINES  # it was really in the middle, twice

    installation.wait_until(
        "SELECT state = 'done' FROM imports_import WHERE id = %s", number, patience=240
    )
    assert installation.rows(
        "SELECT lines, created, failed FROM imports_import WHERE id = %s", number
    ) == [(LINES, LINES, 0)]
    assert installation.value(KEPT, number) == LINES
    mine = "SELECT count(*), count(DISTINCT email) FROM leadflow_lead WHERE email LIKE 'f23-%%'"
    assert installation.rows(mine) == [(LINES, LINES)]
    installation.judge_facts()

"""Goal 13: tasks of Celery for a thousand business rows, in each bulk path, over Redis and a real worker.

The paths run in a process of their own (`benchmarks.bulk_paths`), because the broker is a setting of a process.
There is no limit beside them: the goal is a number.
"""

import json
import subprocess
import sys
from typing import Any

from leadflow.models import Lead

MOST = (
    6_000  # of which the goal allows six tasks; a path takes up to five however few rows there are
)


def measure(_rounds: int) -> list[dict[str, Any]]:
    """One row a path, measured once: the count moves little, and all of it is rows written and mails sent."""
    rows = min(MOST, Lead.objects.count() // 3)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bulk_paths", str(rows)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return [_row(name, told["rows"], told["tasks"]) for name, told in found.items()]


def _row(name: str, rows: int, tasks: int) -> dict[str, Any]:
    return {
        "workload": f"tasks, {name}",
        "limit": round(rows / 1_000, 1),  # what the goal allows
        "project": tasks,
        "ratio": round(rows / 1_000 / max(tasks, 1), 2),
        "unit": "tasks",
        "per_thousand": round(tasks * 1_000 / rows, 2),
        "beside": f"{rows} rows: {tasks * 1_000 / rows:.2f} a thousand",
    }

"""One scale: migrate, fill, measure. Runs in a process of its own with DATABASE_URL set."""

import os
from typing import Any


def run(size: int, wanted: list[str], rounds: int) -> list[dict[str, Any]]:
    """The figures of each workload at this size."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadflow.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from benchmarks import seed
    from benchmarks.workloads import (
        capture,
        dashboard,
        imports,
        ingest,
        lead_list,
        lead_page,
        reactions,
    )

    seed.fill(size)
    found = []
    if "list" in wanted:
        found += lead_list.measure(rounds)
    if "lead" in wanted:
        found += lead_page.measure(rounds)
    if "capture" in wanted:
        found += capture.measure(rounds)
    if "ingest" in wanted:
        found += ingest.measure(rounds)
    if "reactions" in wanted:
        found += reactions.measure(rounds)
    if "dashboard" in wanted:
        found += dashboard.measure(rounds)
    if "imports" in wanted:
        found += imports.measure(rounds)
    return found

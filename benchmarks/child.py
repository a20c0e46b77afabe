"""One scale: migrate, fill, measure. Runs in a process of its own with DATABASE_URL set."""

import gc
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
        board,
        capture,
        dashboard,
        imports,
        ingest,
        lead_list,
        lead_page,
        mails,
        nurture,
        reach,
        reactions,
        sending,
        tasks,
    )

    gc.freeze()  # as web servers and workers do
    seed.fill(size)
    # in this order: mails that one leaves behind hold back those of who comes later, by the caps of a day
    modules = {
        "list": lead_list, "lead": lead_page, "board": board, "capture": capture, "ingest": ingest,
        "nurture": nurture, "tasks": tasks, "reactions": reactions, "dashboard": dashboard,
        "imports": imports, "mails": mails, "sending": sending, "reach": reach,
    }  # fmt: skip
    chosen = [module for name, module in modules.items() if name in wanted]
    return [row for module in chosen for row in module.measure(rounds)]

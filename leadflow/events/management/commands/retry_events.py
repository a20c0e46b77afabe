"""`leadflow retry_events`: try failed reactions again."""

import json as jsonlib
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leadflow.events.failures import open_ids
from leadflow.events.retrying import retry


class Command(BaseCommand):
    """Try failed reactions again."""

    help = (
        "Try failed reactions again; exit code 1 when one fails again.\n\n"
        "  leadflow retry_events          all that are open\n"
        "  leadflow retry_events 17 18    these two, by the number on the flow page"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("failures", nargs="*", type=int)
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *_args: Any, failures: list[int], json: bool, **_options: Any) -> None:
        result = retry(failures or open_ids())
        self.stdout.write(
            jsonlib.dumps(asdict(result))
            if json
            else f"{result.solved} solved, {result.failed} failed again"
        )
        if result.failed:
            raise CommandError("See the flow page for what stands in the way.", returncode=1)

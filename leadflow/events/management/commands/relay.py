"""`leadflow relay`: the relay in the foreground."""

import json as jsonlib
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from leadflow.events import relay
from leadflow.outage import waited_out


class Command(BaseCommand):
    """Hand recorded facts to those who react to them."""

    help = (
        "Hand recorded facts to those who react to them.\n\n"
        "Examples:\n"
        "  leadflow relay                 run until stopped, looking twice a second\n"
        "  leadflow relay --once --json   dispatch what is pending and say how much it was"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is pending")
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")
        parser.add_argument("--pause", type=float, default=0.5, help="seconds between two looks")

    def handle(self, *_args: Any, once: bool, json: bool, pause: float, **_options: Any) -> None:
        if once:
            self._print(relay.run(), as_json=json)
            return
        while True:
            with waited_out():
                if (report := relay.run()).events:
                    self._print(report, as_json=json)
            time.sleep(pause)

    def _print(self, report: relay.Report, *, as_json: bool) -> None:
        line = (
            jsonlib.dumps(asdict(report))
            if as_json
            else f"{report.events} events dispatched, {report.failures} failures"
            + (" (another relay is at work)" if report.busy else "")
        )
        self.stdout.write(line)

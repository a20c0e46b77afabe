"""Look at the installation and say what to do."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from leadflow.operations import doctor

_SIGNS = {"green": "ok  ", "yellow": "note", "red": "BAD "}


class Command(BaseCommand):
    """Settings, database, broker, mail, clock, disk, workers; exit code 1 where one is red."""

    help = (
        "Check settings, database, broker, mail, clock, disk and workers, and say what to do; the "
        "exit code is 1 where something is red. Examples: leadflow doctor; leadflow doctor --json"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument(
            "--only",
            choices=list(doctor.LIVENESS),
            help="one thing, for a container's health check",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        only = options["only"]
        lines = list(doctor.LIVENESS[only]()) if only else doctor.examine()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(line) for line in lines], indent=2))
        else:
            for line in lines:
                text = f"{_SIGNS[line.colour]}  {line.check:<10}{line.found}"
                self.stdout.write(f"{text}. {line.advice}" if line.advice else text)
        if doctor.is_red(lines):
            sys.exit(1)

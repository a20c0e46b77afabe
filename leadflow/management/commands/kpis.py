"""Print the KPIs."""

import json
from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leadflow.events import relay
from leadflow.insights import report, rollups
from leadflow.kit.periods import Period


class Command(BaseCommand):
    """The numbers of the whole organisation over some days."""

    help = (
        "Print every KPI of some days, with numerator, denominator and what is left out. "
        "Examples: leadflow kpis; leadflow kpis --from 2026-07-01 --to 2026-09-30 --by source --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", help="first day; default: the first known day")
        parser.add_argument("--to", dest="last", help="last day, included; default: today")
        parser.add_argument(
            "--by", choices=sorted(report.GROUPS), help="one set of numbers per group"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        # a script asks for what it has just imported, where no other process may be at work
        relay.run()
        rollups.catch_up()
        period = _period(options["first"], options["last"])
        found = report.of(period, by=options["by"] or "")
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
            return
        for line in report.lines(found):
            self.stdout.write(line)


def _period(first: str | None, last: str | None) -> Period:
    known = report.known_days()
    try:
        start = date.fromisoformat(first) if first else known.start_on
        end = date.fromisoformat(last) + timedelta(days=1) if last else known.end_on
        return Period(start, end, known.zone)
    except ValueError as error:
        raise CommandError("Give days such as 2026-07-01, the first not after the last.") from error

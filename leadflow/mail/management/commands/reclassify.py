"""Judge clicks and opens again: `leadflow reclassify --since 90d`."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from leadflow.kit import clock
from leadflow.mail import reclassifying


class Command(BaseCommand):
    help = (
        "Judges anew who followed links and loaded pictures: a person, a machine, or nobody knows. Facts and "
        "scores follow. Examples: leadflow reclassify --since 90d --dry-run; leadflow reclassify --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", default="", help="days (90d) or a day (2026-09-01); default: all"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        dry = options["dry_run"]
        found = reclassifying.reclassify(since=_moment(options["since"]), dry=dry)
        if options["json"]:
            self.stdout.write(json.dumps({**found.as_json(), "dry_run": dry}))
            return
        for before, after, n in found.lines:
            self.stdout.write(f"{n:7} {before} -> {after}")
        said = "would change" if dry else "changed"
        self.stdout.write(f"{found.total:7} of {found.hits} in {found.messages} messages {said}")


def _moment(told: str) -> datetime | None:
    if not told:
        return None
    if told.endswith("d") and told[:-1].isascii() and told[:-1].isdigit() and len(told) < 6:
        return clock.to_real(clock.now()) - timedelta(days=int(told[:-1]))
    try:
        day = date.fromisoformat(told)
    except ValueError:
        raise CommandError(f"Write --since as 90d or 2026-09-01, not {told}.") from None
    return timezone.make_aware(datetime.combine(day, time.min))

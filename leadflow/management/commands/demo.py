"""Fills an empty workspace with a believable made-up business."""

import json
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from leadflow.demo import bulk, cast, removal, story
from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.runs import children

MONTHS = 9
LOCK = 0xDE30  # any number that nobody else of this database locks


class Command(BaseCommand):
    """`leadflow demo`: nine months of made-up business, or its removal."""

    help = __doc__

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        kwargs["formatter_class"] = RawDescriptionHelpFormatter
        kwargs["epilog"] = (
            "examples:\n  leadflow demo\n  leadflow demo --leads 60\n  leadflow demo --leads 1000000\n  leadflow demo --remove"
        )
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--leads", type=int, default=400, help="about how many people come by")
        parser.add_argument("--until", default="", help="the day on which the story ends; today")
        parser.add_argument(
            "--remove", action="store_true", help="take every demo record out again"
        )
        parser.add_argument("--parent", type=int, help=SUPPRESS)  # the process to end with
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["parent"]:
            children.leave_with(options["parent"])
        if options["remove"]:
            gone = removal.remove(keep=None)
            self._say(options, {"removed": gone}, _("The demo is gone."))
            return
        end = _end(options["until"])
        start = end - timedelta(days=MONTHS * 30)
        start -= timedelta(days=start.weekday())
        quiet = options["json"] or options["verbosity"] == 0
        say = (lambda _line: None) if quiet else self.stdout.write
        with transaction.atomic():  # a start that is killed leaves no half demo
            _refuse_a_second()
            people = cast.make(start.date(), end.date(), start)
            told = min(options["leads"], bulk.TOLD)
            story.tell(people, leads=told, start=start, end=end, say=say)
            if options["leads"] > told:
                bulk.multiply(options["leads"])
        made = Lead.objects.count()
        self._say(options, {"leads": made}, _("%(n)d leads are in the demo.") % {"n": made})

    def _say(self, options: dict[str, Any], data: dict[str, Any], words: str) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(data))
        elif options["verbosity"]:
            self.stdout.write(words)


def _refuse_a_second() -> None:
    """Raise CommandError where leads are here; one that is told at this moment is waited for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if Lead.objects.exists():
        raise CommandError(
            _(
                "There are leads here already. The demo needs an empty workspace; nothing was changed."
            )
        )


def _end(until: str) -> datetime:
    if not until:
        return clock.now()
    try:
        return datetime.fromisoformat(until).replace(hour=9, tzinfo=UTC)
    except ValueError:
        raise CommandError(_("Write the day as 2026-11-22.")) from None

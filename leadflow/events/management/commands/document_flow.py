"""`leadflow document_flow`: bring the tables of docs/flow.md up to date."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from leadflow.events.describing import filled


class Command(BaseCommand):
    """Bring the tables of docs/flow.md up to date."""

    help = (
        "Bring the tables of docs/flow.md up to date.\n\n"
        "  leadflow document_flow           write them\n"
        "  leadflow document_flow --check   exit code 1 when they differ from the code"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing")

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        file = Path(settings.BASE_DIR) / "docs" / "flow.md"
        document = file.read_text()
        if filled(document) == document:
            return
        if check:
            raise CommandError("docs/flow.md is not current: run `leadflow document_flow`.")
        file.write_text(filled(document))

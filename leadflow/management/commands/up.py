"""Start everything in one process."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from leadflow import bootstrap
from leadflow.celery import app
from leadflow.operations import serve, start


class Command(BaseCommand):
    """Web server, Celery worker and beat in one process, on the embedded PostgreSQL by default."""

    help = """Start LeadFlow: database, web server, worker and scheduler in one process.

Examples:
  leadflow up
  leadflow up --port 9000
  leadflow up --json          print the address and the sign-ins as one line of JSON
  DEMO=0 leadflow up          start empty, with a first-run page
  DATABASE_URL=postgres://user:password@host/database leadflow up
"""
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["formatter_class"] = RawDescriptionHelpFormatter
        return super().create_parser(*args, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on")
        parser.add_argument("--json", action="store_true", help="print what it says as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        serve.stop_on_signals()
        host, port = options["host"], options["port"]
        with serve.only_one(settings.VAR_DIR), serve.bound(host, port) as sock:
            begun = start.prepare(demo=settings.DEMO)
            keep = bootstrap.held.keep if bootstrap.held else None
            parts = serve.Parts(app, keep_database=keep)
            address = settings.PUBLIC_BASE_URL + "/"
            text = (
                json.dumps(start.told(begun, address))
                if options["json"]
                else start.block(begun, address)
            )
            serve.serve(sock, parts, announce=lambda: self.say(text))
        if not options["json"]:
            self.say("LeadFlow has stopped.")

    def say(self, text: str) -> None:
        """Print at once: whoever started it waits for the address."""
        self.stdout.write(text)
        self.stdout.flush()

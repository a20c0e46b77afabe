"""Send due mail without Celery: a second pair of hands that works when nobody else does."""

import json
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from leadflow.mail import sender
from leadflow.outage import waited_out


class Command(BaseCommand):
    """`leadflow dispatch`: looks every second, acts when nothing was taken up for 30 seconds."""

    help = (
        "Sends due mail by itself if no worker has for 30 seconds (Redis or Celery down). "
        "Examples: leadflow dispatch; leadflow dispatch --once --json"
    )
    stopping = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send all that is due, then exit")
        parser.add_argument("--json", action="store_true", help="print how many as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        if options["once"]:
            count = sender.send_due(limit=1_000_000, seconds=3_600)
            self.stdout.write(
                json.dumps({"messages": count}) if options["json"] else f"{count} messages"
            )
            return
        while not self.stopping:
            with waited_out():
                sender.rescue(stop=lambda: self.stopping)
            time.sleep(1)

    def _stop(self, *_: Any) -> None:
        self.stopping = True

"""Take records out."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand
from django.db import transaction

from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.imports.registry import Target, target_of, targets_for
from leadflow.web.csv import lines


class Command(BaseCommand):
    """Write every record of a kind as CSV that `leadflow import` takes back, or as JSON lines."""

    help = (
        "Export leads, companies, users, products or deals as CSV, which `leadflow import` takes "
        "back, or as one JSON object a line. Exit code: 0 written, 2 not written. Examples: "
        "leadflow export company; leadflow export deal --out deals.csv; leadflow export lead --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("entity", choices=[target.key for target in targets_for(None)])
        parser.add_argument("--out", metavar="FILE", help="write there instead of to the screen")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        target = target_of(options["entity"])
        try:
            if options["out"]:
                with Path(options["out"]).open("w", encoding="utf-8", newline="") as out:
                    count = self._write(target, out, as_json=options["json"])
            else:
                count = self._write(target, sys.stdout, as_json=options["json"])
        except OSError as error:
            self.stderr.write(f"leadflow export: {error}")
            sys.exit(2)
        with transaction.atomic():
            record(Kind.DATA_EXPORTED, data={"what": target.key, "rows": count})

    def _write(self, target: Target, out: IO[str], *, as_json: bool) -> int:
        self.count = 0
        rows = self._counted(target)
        if as_json:
            for row in rows:
                out.write(json.dumps(row, default=_plain, ensure_ascii=False) + "\n")
        else:
            keys = [field.key for field in target.fields()]
            out.writelines(lines(keys, ([row.get(key) for key in keys] for row in rows)))
        return self.count

    def _counted(self, target: Target) -> Iterator[Mapping[str, Any]]:
        for row in target.export():
            self.count += 1
            yield row


def _plain(value: Any) -> str:
    return str(value)

"""Write a backup."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from leadflow.operations.backup import write_backup


class Command(BaseCommand):
    """Database and files into one encrypted file."""

    help = (
        "Write database and files into one file, encrypted with the age key of BACKUP_KEY_PATH. "
        "Keep a copy of that key elsewhere. Examples: leadflow backup; leadflow backup /mnt/monday.age"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="default: a dated file in BACKUP_DIR"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        target: Path | None = options["file"]
        if target is not None and target.suffix != ".age" and not target.is_dir():
            target = target.with_name(target.name + ".age")
        made = write_backup(target or settings.BACKUP_DIR)
        facts = {
            "file": str(made),
            "bytes": made.stat().st_size,
            "key": str(settings.BACKUP_KEY_PATH),
        }
        if options["json"]:
            self.stdout.write(json.dumps(facts))
            return
        self.stdout.write(f"{facts['file']}  {facts['bytes']:,} bytes")
        self.stdout.write(f"Only the key in {facts['key']} opens it: keep a copy elsewhere.")

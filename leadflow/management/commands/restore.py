"""Bring a backup back."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from leadflow.operations import backup, schema, serve


class Command(BaseCommand):
    """Replace database and files by those of a backup."""

    help = (
        "Replace database and files by those of a backup; into a database that holds data only with "
        "--replace, after a backup of what is there. Example: leadflow restore monday.age --replace"
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="overwrite what is there")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with serve.only_one(settings.VAR_DIR):
            schema.check_database()
            saved = None
            if not backup.is_empty():
                if not options["replace"]:
                    raise CommandError(
                        "The database holds data. Add --replace to overwrite it; it is backed up first."
                    )
                saved = backup.write_backup(settings.BACKUP_DIR, reason="before-restore")
            facts = backup.restore(options["file"])
            upgrade = schema.bring_up_to_date(settings.BACKUP_DIR)
        told = asdict(facts) | {"applied": upgrade.applied, "before": str(saved) if saved else None}
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(f"Restored the backup of {facts.made_at} (LeadFlow {facts.release}).")
        if saved:
            self.stdout.write(f"What was there before is in {saved}.")

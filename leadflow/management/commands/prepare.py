"""Bring an installation to this release."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from leadflow.operations import start


class Command(BaseCommand):
    """Backup, migrations, cache table, demo: what `up` does before it serves, for the production form."""

    help = (
        "Bring the database to this release: a backup where there is data, migrations, the cache "
        "table, and on a new database the demo workspace where DEMO=1. Example: leadflow prepare"
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", default=settings.DEMO)

    def handle(self, *args: Any, **options: Any) -> None:
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        begun = start.prepare(demo=options["demo"])
        self.stdout.write(f"{begun.upgrade.applied} migrations applied.")
        if begun.upgrade.backup:
            self.stdout.write(f"The data as it was before: {begun.upgrade.backup}")
        for row in begun.sign_ins if begun.is_first else []:
            self.stdout.write(f"{row.role:<12}{row.email:<40}{row.password}")

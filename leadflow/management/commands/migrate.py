"""Django's `migrate`, with a short way for a database that is empty."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from leadflow.operations import first_schema

# With one of these somebody asks for something else than "bring it to today".
OTHERWISE = ("app_label", "check_unapplied", "fake", "fake_initial", "list", "plan", "prune")


class Command(migrate.Command):
    """As Django has it; an empty database gets the tables of today at once instead of step by step."""

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if not any(options.get(name) for name in OTHERWISE) and first_schema.is_empty(connection):
            first_schema.make(connection)
        super().handle(*args, **options)

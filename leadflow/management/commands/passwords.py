"""New passwords for the demo's sign-ins."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leadflow.operations import signins
from leadflow.people.models import User


class Command(BaseCommand):
    """Reset passwords and print them once; they are stored hashed only."""

    help = (
        "Make new random passwords, by default for one demo person of each role, and print them "
        "once. Example: leadflow passwords alice@northwind.example"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", nargs="*", help="whose; default: one demo person per role")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        people = _named(options["email"]) if options["email"] else signins.one_per_role()
        if not people:
            raise CommandError("There are no demo people. Name the e-mail of a person instead.")
        made = signins.reset(people)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(row) for row in made]))
            return
        for row in made:
            self.stdout.write(f"{row.role:<12}{row.email:<40}{row.password}")


def _named(emails: list[str]) -> list[User]:
    found = list(User.objects.active().filter(email__in=[email.lower() for email in emails]))
    if missing := {email.lower() for email in emails} - {person.email for person in found}:
        raise CommandError(f"Nobody active has the e-mail {', '.join(sorted(missing))}.")
    return found

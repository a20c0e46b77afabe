"""A small workspace in which the access matrix knocks at every door.

Bob (rep, team north) is the point of view: each example exists as his own, as that of his team, and
as another team's. Markers in the data show up in a page that says too much. Every package that adds
doors with arguments adds a module `tests/guards/examples_<package>.py` with two dicts:

    EXAMPLES = {"desk:lead": lambda world, whose: {"pk": world.leads[whose].pk}}
    PAYLOADS = {"desk:lead-edit": lambda world, whose: {"first_name": "New"}}

An example is asked for `whose` in OWN, TEAM, OTHER and answers with the URL's arguments; things that
belong to nobody answer the same each time. A `prepare(world)` in the module makes what it needs.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from leadflow.models import Lead, Organisation
from leadflow.people.models import Membership, Role, Team, User
from tests.factories.core import a_lead

OWN, TEAM, OTHER = "own", "team", "other"
WHOSE = (OWN, TEAM, OTHER)
ROLES = ("anon", *Role.values)
# Stands in names and texts of what belongs to each; never in anything else.
MARKERS = {OWN: "qxown", TEAM: "qxteam", OTHER: "qxother"}


class World:
    """The cast, its teams and a lead for each."""

    def __init__(self) -> None:
        Organisation.current()
        self.north, self.south = Team.objects.create(name="N"), Team.objects.create(name="S")
        self.users: dict[str, User] = {
            Role.ADMIN: self.person("admin", Role.ADMIN),
            Role.MANAGER: self.person("manager", Role.MANAGER, self.north, is_manager=True),
            Role.REP: self.person("rep", Role.REP, self.north),
            Role.MARKETER: self.person("marketer", Role.MARKETER),
            Role.VIEWER: self.person("viewer", Role.VIEWER, self.north),
        }
        self.owners: dict[str, User] = {
            OWN: self.users[Role.REP],
            TEAM: self.person("mate", Role.REP, self.north),
            OTHER: self.person("stranger", Role.REP, self.south),
        }
        self.leads: dict[str, Lead] = {whose: self.lead(whose) for whose in WHOSE}
        self.made: dict[str, Any] = {}
        for module in example_modules():
            getattr(module, "prepare", lambda world: None)(self)

    def person(
        self, name: str, role: str, team: Team | None = None, is_manager: bool = False
    ) -> User:
        user = User.objects.create_user(f"{name}@world.example", name=f"A {name}", role=role)
        if team:
            Membership.objects.create(user=user, team=team, is_manager=is_manager)
        return user

    def lead(self, whose: str) -> Lead:
        mark = MARKERS[whose]
        return a_lead(
            email=f"{mark}@customer.example",
            owner=self.owners[whose],
            first_name=mark.title(),
            last_name=f"Person {mark}",
            job_title=f"Job {mark}",
        )


Example = Callable[[World, str], dict[str, Any] | None]


def example_modules() -> list[Any]:
    """Every tests/guards/examples_*.py."""
    files = sorted(Path(__file__).parent.glob("examples_*.py"))
    return [importlib.import_module(f"tests.guards.{file.stem}") for file in files]


def gathered(name: str) -> dict[str, Example]:
    """EXAMPLES or PAYLOADS of all modules."""
    found: dict[str, Example] = {}
    for module in example_modules():
        found |= getattr(module, name, {})
    return found

"""What the doors of the import wizard are shown: a finished import of each."""

from django.utils import timezone

from leadflow.imports.models import Import
from tests.guards.world import MARKERS, OTHER, WHOSE


def prepare(world):
    world.made["import"] = {
        whose: Import.objects.create(
            entity="lead",
            file_name=f"{MARKERS[whose]}.csv",
            file_hash=whose,
            encoding="utf-8",
            delimiter=",",
            headers=["email"],
            state=Import.State.DONE,
            lines=0,
            by=world.owners[whose],
            team=world.south if whose == OTHER else world.north,
            created_at=timezone.now(),
        )
        for whose in WHOSE
    }


def imported(world, whose):
    return {"pk": world.made["import"][whose].pk}


_NAMES = (
    "result",
    "undo",
    "rejected",
    "map",
    "read",
    "use",
    "preview",
    "start",
    "resume",
    "discard",
)
EXAMPLES = {f"imports:{name}": imported for name in _NAMES}
EXAMPLES["imports:template"] = lambda _world, _whose: {"entity": "lead"}
PAYLOADS = {}

"""What the doors of sequences and segments are shown: one of each, every lead inside."""

from leadflow.segments import services as segments
from leadflow.services import consent
from nurturing.services import enrolment
from tests.factories.nurturing import a_sequence


def prepare(world):
    for lead in world.leads.values():
        consent.give(lead=lead, text="Yes.", method="form")
    ids = [lead.pk for lead in world.leads.values()]
    sequence = world.made["sequence"] = a_sequence()
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None)
    world.made["segment"] = segments.create(name="All", kind="static", lead_ids=ids, by=None)


def sequence(world, whose):
    return {"pk": world.made["sequence"].pk}


def step(world, whose):
    first = world.made["sequence"].rule_set.versions.get().document["steps"][0]
    return {**sequence(world, whose), "step": first["id"]}


def segment(world, whose):
    return {"pk": world.made["segment"].pk}


_OF_SEQUENCE = (
    "sequence", "step-add", "entry", "about", "publish", "switch", "people", "enrol", "stop",
)  # fmt: skip
EXAMPLES = {
    **{f"nurturing:{name}": sequence for name in _OF_SEQUENCE},
    **{f"nurturing:{name}": step for name in ("step-save", "step-move", "preview", "trial")},
    "nurturing:of-lead": lambda world, whose: {"lead": world.leads[whose].pk},
    **{f"segments:{name}": segment for name in ("members", "edit", "add", "remove", "archive")},
}
PAYLOADS = {
    "nurturing:create": lambda world, whose: {"name": "New"},
    "nurturing:step-add": lambda world, whose: {"type": "email"},
    "nurturing:step-move": lambda world, whose: {"to": "up"},
    "nurturing:switch": lambda world, whose: {"to": "pause"},
    "nurturing:enrol": lambda world, whose: {"ids": [world.leads[whose].pk]},
    "nurturing:enrol-chosen": lambda world, whose: {
        "sequence": world.made["sequence"].pk,
        "ids": [world.leads[whose].pk],
    },
    "segments:add": lambda world, whose: {"ids": [world.leads[whose].pk]},
}

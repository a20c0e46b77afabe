"""What the doors of sequences and segments are shown: one of each, every lead inside."""

from datetime import timedelta

from leadflow.kit import clock
from leadflow.segments import services as segments
from leadflow.services import consent
from nurturing.services import audience, enrolment
from tests.factories.nurturing import a_broadcast, a_sequence, cast


def prepare(world):
    for lead in world.leads.values():
        consent.give(lead=lead, text="Yes.", method="form")
    ids = [lead.pk for lead in world.leads.values()]
    sequence = world.made["sequence"] = a_sequence()
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None)
    world.made["segment"] = segments.create(name="All", kind="static", lead_ids=ids, by=None)

    world.made["broadcast"] = a_broadcast(*world.leads.values(), name="Spring")
    world.made["cast"] = cast(
        a_broadcast(*world.leads.values()), at=clock.now() + timedelta(days=30)
    )  # by then nobody has had her share of mail


def draft(world, whose):
    return {"pk": world.made["broadcast"].pk}


def sent(world, whose):
    return {"pk": world.made["cast"].pk}


def sequence(world, whose):
    return {"pk": world.made["sequence"].pk}


def step(world, whose):
    first = world.made["sequence"].rule_set.versions.get().document["steps"][0]
    return {**sequence(world, whose), "step": first["id"]}


def segment(world, whose):
    return {"pk": world.made["segment"].pk}


_OF_SEQUENCE = (
    "sequence", "step-add", "entry", "goal", "hours", "draft", "about", "publish", "switch", "people", "enrol", "stop",
    "check", "check-people", "check-mails", "check-count", "try",
)  # fmt: skip
_OF_DRAFT = ("edit", "mail", "trial", "duplicate", "archive", "review", "reviewed", "confirm")
EXAMPLES = {
    **{f"nurturing:broadcast-{name}": draft for name in _OF_DRAFT},
    **{f"nurturing:{name}": sent for name in ("broadcast", "broadcast-switch", "broadcast-people")},
    **{f"nurturing:{name}": sequence for name in _OF_SEQUENCE},
    **{f"nurturing:{name}": step for name in ("step-save", "step-move", "preview", "trial")},
    "nurturing:of-lead": lambda world, whose: {"lead": world.leads[whose].pk},
    **{f"segments:{name}": segment for name in ("members", "edit", "add", "remove", "archive")},
}
PAYLOADS = {
    "nurturing:broadcast-create": lambda world, whose: {"name": "New"},
    "nurturing:broadcast-archive": lambda world, whose: {"to": "away"},
    "nurturing:broadcast-switch": lambda world, whose: {"to": "pause"},
    "nurturing:broadcast-confirm": lambda world, whose: {
        "expected": audience.review(world.made["broadcast"], at=clock.now()).going,
        "revision": world.made["broadcast"].revision,
    },
    "nurturing:broadcast-edit": lambda world, whose: {
        "name": "Spring",
        "subject": "News",
        "body": "Good day.",
        "purpose": "marketing",
        "timing": "now",
    },
    "nurturing:create": lambda world, whose: {"name": "New"},
    "nurturing:step-add": lambda world, whose: {"type": "email"},
    "nurturing:step-move": lambda world, whose: {"to": "up"},
    "nurturing:draft": lambda world, whose: {"to": "undo"},
    "nurturing:switch": lambda world, whose: {"to": "pause"},
    "nurturing:enrol": lambda world, whose: {"ids": [world.leads[whose].pk]},
    "nurturing:enrol-chosen": lambda world, whose: {
        "sequence": world.made["sequence"].pk,
        "ids": [world.leads[whose].pk],
    },
    "segments:add": lambda world, whose: {"ids": [world.leads[whose].pk]},
}

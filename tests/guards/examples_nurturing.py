"""What the doors of sequences and segments are shown: one of each, every lead inside."""

from datetime import timedelta

from leadflow.kit import clock
from leadflow.mail.design import services as designs
from leadflow.segments import services as segments
from leadflow.services import consent
from nurturing.services import audience, enrolment
from tests.factories.designs import a_design
from tests.factories.nurturing import a_broadcast, a_sequence, cast


def prepare(world):
    for lead in world.leads.values():
        consent.give(lead=lead, text="Yes.", method="form")
    ids = [lead.pk for lead in world.leads.values()]
    sequence = world.made["sequence"] = a_sequence(kind="sales")  # a rep adds to no other
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None)
    world.made["segment"] = segments.create(name="All", kind="static", lead_ids=ids, by=None)

    design = world.made["design"] = a_design()
    [row] = design.draft["pages"][0]["blocks"]
    world.made["snippet"] = designs.save_snippet(
        design=design, blocks_chosen=[row["id"]], name="Ours", by=None
    )
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


def design(world, whose):
    return {"pk": world.made["design"].pk}


def segment(world, whose):
    return {"pk": world.made["segment"].pk}


_OF_SEQUENCE = (
    "sequence", "step-add", "entry", "goal", "hours", "draft", "duplicate", "versions", "version-restore", "version-compare", "moving", "hold", "about", "publish", "switch", "people", "enrol", "stop", "paste",
)  # fmt: skip
_FORESEEN = (
    "check", "check-people", "check-mails", "check-count", "check-ask", "try", "results",
    "entries-ask",
)  # fmt: skip
_OF_DESIGN = (
    "draft", "frame", "publish", "rename", "copy", "archive", "check", "read", "trial", "source", "snippet",
)  # fmt: skip
_OF_DRAFT = (
    "cases",
    "edit",
    "mail",
    "trial",
    "duplicate",
    "archive",
    "review",
    "reviewed",
    "confirm",
    "ask",
)
EXAMPLES = {
    "nurturing:design": design,
    **{f"nurturing:design-{name}": design for name in _OF_DESIGN},
    **{
        f"nurturing:design-{name}": lambda world, whose: {**design(world, whose), "number": 1}
        for name in ("version", "rollback")
    },
    "nurturing:design-start": lambda world, whose: {"key": "welcome"},
    "nurturing:design-snippet-drop": lambda world, whose: {"pk": world.made["snippet"].pk},
    **{f"nurturing:broadcast-{name}": draft for name in _OF_DRAFT},
    **{
        f"nurturing:{name}": sent
        for name in (
            "broadcast",
            "broadcast-switch",
            "broadcast-choose",
            "broadcast-people",
            "broadcast-web",
        )
    },
    **{f"nurturing:{name}": sequence for name in _OF_SEQUENCE},
    **{f"nurturing:{name}": sequence for name in _FORESEEN},
    **{
        f"nurturing:{name}": step
        for name in ("step-save", "step-move", "step-keep", "preview", "trial", "results-people")
    },
    "nurturing:web-issue": lambda world, whose: {"code": "abcdefghij"},
    "nurturing:why": lambda world, whose: {
        "pk": world.made["sequence"].pk,
        "lead": world.leads[whose].pk,
    },
    "nurturing:broadcast-why": lambda world, whose: {
        "pk": world.made["cast"].pk,
        "lead": world.leads[whose].pk,
    },
    "nurturing:of-lead": lambda world, whose: {"lead": world.leads[whose].pk},
    **{f"segments:{name}": segment for name in ("members", "edit", "add", "remove", "archive")},
}
PAYLOADS = {
    "nurturing:design-create": lambda world, whose: {"start": "welcome"},
    "nurturing:design-rename": lambda world, whose: {"name": "Another"},
    "nurturing:design-archive": lambda world, whose: {"to": "away"},
    "nurturing:design-brand": lambda world, whose: {"font": "sans"},
    "nurturing:design-draft": lambda world, whose: {
        "content": world.made["design"].draft,
        "revision": world.made["design"].draft_revision,
    },
    "nurturing:design-snippet": lambda world, whose: {
        "name": f"Snippet {whose}",
        "blocks": [row["id"] for row in world.made["design"].draft["pages"][0]["blocks"]],
    },
    "nurturing:broadcast-create": lambda world, whose: {"name": "New"},
    "nurturing:broadcast-archive": lambda world, whose: {"to": "away"},
    "nurturing:broadcast-switch": lambda world, whose: {"to": "pause"},
    "nurturing:broadcast-web": lambda world, whose: {"to": "hide"},
    "nurturing:broadcast-choose": lambda world, whose: {"subject": 0},
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
    "nurturing:step-keep": lambda world, whose: {"to": "copy"},
    "nurturing:version-restore": lambda world, whose: {"number": 1},
    "nurturing:draft": lambda world, whose: {"to": "undo"},
    "nurturing:switch": lambda world, whose: {"to": "pause"},
    "nurturing:enrol": lambda world, whose: {"ids": [world.leads[whose].pk]},
    "nurturing:enrol-chosen": lambda world, whose: {
        "sequence": world.made["sequence"].pk,
        "ids": [world.leads[whose].pk],
    },
    "segments:add": lambda world, whose: {"ids": [world.leads[whose].pk]},
}

"""What the doors of automations are shown: one that ran for every lead."""

from leadflow.events.models import Event
from leadflow.models import Tag
from leadflow.services import leads
from nurturing import handlers
from nurturing.services.automations import documents, editing
from tests.factories.nurturing import an_automation


def prepare(world):
    Tag.objects.create(name="met")
    step = documents.new_step("tag") | {"tag": "met"}
    made = world.made["automation"] = an_automation("stage_entered", step, name="World")
    ids = [lead.pk for lead in world.leads.values()]
    leads.advance_many(lead_ids=ids, to="mql", by=None)
    handlers.automate(list(Event.objects.filter(kind="lead.advanced", lead_id__in=ids)))
    document = made.rule_set.versions.get().document
    editing.save_draft(made, document=document, by=None)
    editing.publish(made, by=None)
    editing.save_draft(made, document=document, by=None)


def automation(world, whose):
    return {"pk": world.made["automation"].pk}


def step(world, whose):
    document = world.made["automation"].rule_set.versions.first().document
    return {**automation(world, whose), "step": document["steps"][0]["id"]}


_OF_ONE = ("", "-when", "-about", "-step-add", "-publish", "-switch", "-try", "-log", "-versions",
           "-rollback")  # fmt: skip
EXAMPLES = {
    **{f"nurturing:automation{name}": automation for name in _OF_ONE},
    **{f"nurturing:automation-step-{name}": step for name in ("save", "move")},
}
PAYLOADS = {
    "nurturing:recipe-use": lambda world, whose: {"kind": "sequence", "recipe": "welcome"},
    "nurturing:automation-create": lambda world, whose: {"name": "New"},
    "nurturing:automation-when": lambda world, whose: {"kind": "cooled"},
    "nurturing:automation-about": lambda world, whose: {"name": "Another"},
    "nurturing:automation-step-add": lambda world, whose: {"type": "tag"},
    "nurturing:automation-step-save": lambda world, whose: {"tag": "met"},
    "nurturing:automation-step-move": lambda world, whose: {"to": "up"},
    "nurturing:automation-switch": lambda world, whose: {"to": "pause"},
    "nurturing:automation-rollback": lambda world, whose: {"version": 1},
}

"""What the doors of scoring are shown: a live model with a draft over it, and BANT of each lead."""

from leadflow.models import BuyingRole
from qualification.models import Letter
from qualification.services import editing, models


def prepare(world):
    models.ensure_default()
    admin = world.users["admin"]
    editing.set_threshold(cells=["A1"], hand_raise=[], by=admin)
    editing.publish(by=admin, note="Stricter", revision=None)
    editing.set_threshold(cells=["A1", "A2"], hand_raise=[], by=admin)


def section(world, whose):
    return {"section": "gates"}


def lead(world, whose):
    return {"pk": world.leads[whose].pk}


EXAMPLES = {
    "qualification:rule": section,
    "qualification:rule-drop": section,
    "qualification:receipt": lead,
    "qualification:bant": lead,
    "qualification:discovery-call": lead,
    "qualification:bant-set": lambda world, whose: lead(world, whose) | {"letter": Letter.NEED},
    "qualification:company-role": lambda world, whose: {
        "pk": world.leads[whose].company_id,
        "role": BuyingRole.CHAMPION,
    },
}
PAYLOADS = {
    "qualification:rule-drop": lambda world, whose: {"rule": "Can be reached"},
    "qualification:threshold": lambda world, whose: {"cell": ["B1"]},
    "qualification:rollback": lambda world, whose: {"number": 1},
    "qualification:bant-set": lambda world, whose: {"value": "urgent"},
    "qualification:company-role": lambda world, whose: {
        "way": "known",
        "known-who": world.leads[whose].pk,
    },
}

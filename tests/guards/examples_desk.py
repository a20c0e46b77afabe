"""What the doors of the desk are shown: a lead, a trashed lead, a step and a customer of each."""

from datetime import timedelta

from leadflow.kit import clock
from leadflow.models import Customer, Lead, LeadStage
from leadflow.services import activities, companies, leads
from tests.factories.core import a_lead
from tests.guards.world import MARKERS, WHOSE


def prepare(world):
    world.made["desk_company"] = companies.match_or_create(name="Some company")
    world.made["gone"] = {whose: gone(world, whose) for whose in WHOSE}
    world.made["double"] = {whose: double(world, whose) for whose in WHOSE}
    world.made["todo"] = {whose: todo(world, whose) for whose in WHOSE}
    for whose in WHOSE:
        Customer.objects.create(lead=world.made["double"][whose], started_at=clock.now())


def gone(world, whose):
    mark = MARKERS[whose]
    row = a_lead(email=f"gone-{mark}@x.example", last_name=mark, owner=world.owners[whose])
    leads.trash_many(lead_ids=[row.pk], by=None)
    return Lead.objects.get(pk=row.pk)


def double(world, whose):
    mark = MARKERS[whose]
    return a_lead(email=f"double-{mark}@x.example", last_name=mark, owner=world.owners[whose])


def todo(world, whose):
    return activities.plan(
        kind="call", subject=f"Ring {MARKERS[whose]}", due_at=clock.now() - timedelta(hours=1),
        lead=world.leads[whose], owner=world.owners[whose], by=None,
    )  # fmt: skip


def lead(world, whose):
    return {"pk": world.leads[whose].pk}


def of(name):
    return lambda world, whose: {"pk": world.made[name][whose].pk}


def company(world, whose):
    return {"pk": world.made["desk_company"].pk}


_OF_LEAD = (
    "edit", "note", "activity", "owner", "stage", "off", "reopen", "tag", "untag", "consent", "release",
    "merge", "trash", "erase", "export",
)  # fmt: skip
EXAMPLES = {
    "desk:lead": lead,
    **{f"desk:lead-{name}": lead for name in _OF_LEAD},
    "desk:lead-restore": of("gone"),
    **{f"desk:activity-{name}": of("todo") for name in ("done", "undo", "snooze")},
    "desk:company": company,
    "desk:company-edit": company,
}


def chosen(world, whose):
    """Rows of everybody, as a forged form would name them."""
    return {"ids": [row.pk for row in world.leads.values()], "to": LeadStage.MQL, "name": "vip"}


PAYLOADS = {
    **{f"desk:bulk-{name}": chosen for name in ("assign", "stage", "tag", "delete")},
    "desk:lead-note": lambda world, whose: {"note-text": "Hello"},
    "desk:lead-activity": lambda w, whose: {"activity-kind": "call", "activity-subject": "Rang"},
    "desk:lead-owner": lambda world, whose: {"owner": world.owners["own"].pk},
    "desk:lead-stage": lambda world, whose: {"to": LeadStage.MQL},
    "desk:lead-off": lambda w, whose: {"disposition": "recycled", "reason": "not_now"},
    "desk:lead-tag": lambda world, whose: {"name": "vip"},
    "desk:lead-consent": lambda world, whose: {"channel": "email", "text": "Said yes"},
    "desk:lead-release": lambda world, whose: {"why": "She asked"},
    "desk:lead-merge": lambda world, whose: {"other": world.made["double"][whose].pk},
    "desk:lead-erase": lambda world, whose: {"confirm": world.leads[whose].name},
    "desk:activity-snooze": lambda world, whose: {"due_at": "2031-01-01T10:00"},
}

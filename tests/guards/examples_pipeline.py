"""What the doors of the pipeline are shown: a deal, a trashed deal and a planned step of each."""

from datetime import timedelta

from leadflow.kit import clock
from leadflow.services import activities
from pipeline.models import LostReason, Product
from pipeline.services import deals, pipelines
from tests.factories.pipeline import company, deal, stage
from tests.guards.world import MARKERS, WHOSE


def prepare(world):
    world.made["pipeline"] = pipelines.ensure_default()
    world.made["company"] = company("Shared company")
    world.made["deal"] = {whose: one(world, whose) for whose in WHOSE}
    world.made["trashed"] = {whose: one(world, whose) for whose in WHOSE}
    deals.trash_many(deal_ids=[row.pk for row in world.made["trashed"].values()], by=None)
    world.made["reason"] = LostReason.objects.first()
    world.made["product"] = Product.objects.create(name="Thing", created_at=clock.now())
    world.made["step"] = {whose: step(world, whose) for whose in WHOSE}


def one(world, whose):
    mark = MARKERS[whose]
    return deal(
        owner=world.owners[whose], name=f"Deal {mark}", lead=world.leads[whose],
        company=world.made["company"],
    )  # fmt: skip


def step(world, whose):
    row = world.made["deal"][whose]
    return activities.plan(
        kind="call", subject=f"Call {MARKERS[whose]}", due_at=clock.now() + timedelta(days=1),
        lead=world.leads[whose], subject_ref=f"deal:{row.pk}", owner=world.owners[whose], by=None,
    )  # fmt: skip


def of(name):
    return lambda world, whose: {"pk": world.made[name][whose].pk}


def lead(world, whose):
    return {"pk": world.leads[whose].pk}


def pipeline(world, whose):
    return {"pk": world.made["pipeline"].pk}


def one_stage(world, whose):
    return {"pk": world.made["pipeline"].pk, "stage_pk": stage().pk}


def setting(name):
    return lambda world, whose: {"pk": world.made[name].pk}


_OF_DEAL = ("", "-move", "-win", "-lose", "-reopen", "-edit", "-lines", "-plan", "-note", "-trash")
EXAMPLES = {
    **{f"pipeline:deal{name}": of("deal") for name in _OF_DEAL},
    "pipeline:deal-restore": of("trashed"),
    "pipeline:deal-step-done": lambda world, whose: {
        "pk": world.made["deal"][whose].pk,
        "activity": world.made["step"][whose].pk,
    },
    "pipeline:convert": lead,
    "pipeline:of-lead": lead,
    "pipeline:of-company": lambda world, whose: {"pk": world.made["company"].pk},
    "pipeline:undo": lambda world, whose: (
        {
            "memory": deals.memory_of(
                world.made["deal"][whose], world.made["deal"][whose], world.owners[whose]
            )
        }
        if whose == "own"
        else None
    ),
    "pipeline:settings-pipeline": pipeline,
    "pipeline:settings-archive": pipeline,
    "pipeline:settings-stage-new": pipeline,
    "pipeline:settings-stage": one_stage,
    "pipeline:settings-stage-delete": one_stage,
    "pipeline:settings-stage-shift": lambda w, whose: {**one_stage(w, whose), "way": "down"},
}
for _slug, _name in (("lost-reasons", "reason"), ("products", "product")):
    EXAMPLES |= {f"pipeline:{_slug}-{part}": setting(_name) for part in ("edit", "archive")}
PAYLOADS = {
    "pipeline:deal-move": lambda w, whose: {"stage": stage().pk, "version": 1},
    "pipeline:deal-note": lambda w, whose: {"text": "Hello"},
}

"""What the doors of hand-over, routing and scores are shown: an offer and a decision of each."""

from distribution.models import Assignment
from distribution.services import policy, pools
from leadflow.handover import services as handovers
from leadflow.kit import clock
from leadflow.models import LeadStage
from leadflow.services import leads
from tests.factories.core import a_lead
from tests.guards.world import MARKERS, WHOSE


def prepare(world):
    policy.the_policy()
    world.made["pool"] = pools.create(name="Everybody", by=None)
    pools.put_member(world.made["pool"], user=world.owners["own"], by=None)
    world.made["handover"] = {whose: offer(world, whose) for whose in WHOSE}


def offer(world, whose):
    mark = MARKERS[whose]
    row = a_lead(email=f"offer-{mark}@x.example", last_name=mark, owner=world.owners[whose])
    leads.advance(row, to=LeadStage.MQL, by=None)
    Assignment.objects.create(
        lead=row, trigger="world", owner=world.owners[whose], reason="rule 1", at=clock.now(),
        pool=world.made["pool"],
    )  # fmt: skip
    return handovers.open_many(lead_ids=[row.pk], why="A1")[0]


def lead(world, whose):
    return {"pk": world.leads[whose].pk}


def handover(world, whose):
    return {"pk": world.made["handover"][whose].pk}


def pool(world, whose):
    return {"pk": world.made["pool"].pk}


EXAMPLES = {
    "distribution:accept": handover,
    "distribution:return": handover,
    "distribution:of-lead": lead,
    "distribution:pool": pool,
    "distribution:member-remove": pool,
    "qualification:receipt": lead,
    "qualification:bant": lead,
    "qualification:bant-set": lambda world, whose: {**lead(world, whose), "letter": "need"},
}
PAYLOADS = {
    "distribution:return": lambda world, whose: {"reason": "not_now"},
    "distribution:pool-new": lambda world, whose: {"name": "Third"},
    "distribution:member-remove": lambda world, whose: {"user": world.owners["own"].pk},
    "qualification:bant-set": lambda world, whose: {"value": "2"},
}

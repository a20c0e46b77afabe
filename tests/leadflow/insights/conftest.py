"""A small trade history, made by the product's own services at given times."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from leadflow.insights import rollups
from leadflow.insights.asking import Ask, everything
from leadflow.insights.figures import Figures
from leadflow.kit.periods import Period
from leadflow.models import Lead, LeadStage, SpendEntry
from leadflow.services import leads
from pipeline.models import Deal, LostReason, PipelineStage, StageKind
from pipeline.services import deals, pipelines
from tests.factories.core import a_lead, a_source

Q2 = Period(date(2026, 4, 1), date(2026, 7, 1))
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


def asked(user=None, period=Q2, at=NOW, **narrow):
    """The figures of a question, after everything was counted."""
    rollups.rebuild()
    return Figures(Ask(user or everything(), period, at, **narrow))


def days(count, hours=0):
    """So long after the first of April 2026, noon."""
    return datetime(2026, 4, 1, 12, tzinfo=UTC) + timedelta(days=count, hours=hours)


def stage_of(kind, name=None):
    """A stage of the standard pipeline."""
    rows = PipelineStage.objects.filter(pipeline=pipelines.ensure_default(), kind=kind)
    return rows.filter(name=name).get() if name else rows.order_by("position").first()


def bring(kind=StageKind.OPEN, *, opened, closed=None, amount=1000, owner=None, **fields):
    """A deal with its dates, as an import brings it."""
    opening = deals.Opening(
        name=fields.pop("name", "A deal"),
        stage=stage_of(kind),
        amount=None if amount is None else Decimal(amount),
        opened_at=opened,
        is_dated=opened is not None or closed is not None,
        closed_at=closed,
        owner=owner,
        **fields,
    )
    return deals.open_many([opening], by=None, at=NOW, origin="import")[0].deal


def again(lead):
    """The person as she stands by now."""
    return lead and Lead.objects.get(pk=lead.pk)


@pytest.fixture
def history(bob, carl):
    """About 120 leads and 150 deals over a year, from a fixed seed, with awkward ones among them."""
    chance = random.Random(7)
    sources = [a_source("Ads", channel="paid_search"), a_source("Friends", is_free=True), None]
    duplicate = LostReason.objects.filter(counts=False).first() or LostReason.objects.create(
        name="Duplicate", counts=False
    )
    people = []
    for _n in range(120):
        born = days(chance.randint(-200, 140), chance.randint(0, 23))
        lead = a_lead(at=born, source=chance.choice(sources), owner=chance.choice([bob, carl]))
        people.append(lead)
        for stage in (LeadStage.MQL, LeadStage.SAL, LeadStage.OPPORTUNITY, LeadStage.CUSTOMER):
            if chance.random() < 0.35:
                break
            born += timedelta(days=chance.choice([0, 1, 9, 40]), hours=1)
            if chance.random() < 0.8:
                leads.advance(lead, to=stage, by=None, at=born)
                lead.refresh_from_db()
    for n in range(150):
        opened = days(chance.randint(-300, 140), chance.randint(0, 23))
        kind = chance.choice([StageKind.OPEN, StageKind.WON, StageKind.WON, StageKind.LOST])
        closed = opened + timedelta(days=chance.randint(0, 120)) if kind != StageKind.OPEN else None
        bring(
            kind,
            opened=None if n % 29 == 0 else opened,
            closed=None if n % 29 == 0 else closed,
            amount=chance.choice([None, 0, 500, 2500, 9999]),
            owner=chance.choice([bob, carl, None]),
            lead=again(chance.choice([None, *people[:40]])),
            qualified_at=chance.choice([None, opened + timedelta(days=1)]),
            lost_reason=duplicate if kind == StageKind.LOST and n % 5 == 0 else None,
        )
    Deal.objects.filter(pk__in=Deal.objects.values("pk")[:3]).update(deleted_at=NOW)
    SpendEntry.objects.create(
        source=sources[0], starts_on=date(2026, 3, 17), ends_on=date(2026, 4, 15),
        amount=Decimal(3000), currency="EUR",
    )  # fmt: skip
    rollups.rebuild()
    return people

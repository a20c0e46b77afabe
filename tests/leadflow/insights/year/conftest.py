"""A year of trade, told once for the tests of this folder; each works in a savepoint of its own."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from leadflow.insights import rollups
from leadflow.models import LeadStage, SpendEntry
from leadflow.people.models import Role, Team, User
from leadflow.services import leads
from pipeline.models import Deal, LostReason, StageKind
from tests.factories.core import a_lead, a_source
from tests.factories.people import MembershipFactory, TeamFactory, UserFactory
from tests.leadflow.insights.conftest import NOW, again, bring, days


@pytest.fixture(scope="package")
def told(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The story and its two reps, taken back when the last test of the folder has run."""
    with django_db_blocker.unblock(), transaction.atomic():
        reps = []
        for team, name in (("North", "Bob Berg"), ("South", "Carl Castro")):
            email = f"{name.split()[0].lower()}@crm.example"
            reps.append(UserFactory(name=name, email=email, role=Role.REP))
            MembershipFactory(user=reps[-1], team=TeamFactory(name=team))
        tell(*reps)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def north(told: None, db: None) -> Team:
    """The team of bob, who is in the story."""
    return Team.objects.get(name="North")


@pytest.fixture
def bob(told: None, db: None) -> User:
    """A rep of team north."""
    return User.objects.get(email="bob@crm.example")


@pytest.fixture
def carl(told: None, db: None) -> User:
    """A rep of team south."""
    return User.objects.get(email="carl@crm.example")


@pytest.fixture
def history(told: None, db: None) -> None:
    """About 120 leads and 150 deals over a year, from a fixed seed, with awkward ones among them."""


def tell(bob: User, carl: User) -> None:
    """The year."""
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

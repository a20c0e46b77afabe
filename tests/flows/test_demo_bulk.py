"""A large demo is the told one multiplied: every copy hangs together as its original does."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F

from leadflow.demo import bulk
from leadflow.events.models import Event
from leadflow.insights import rollups
from leadflow.insights.measures import COLUMNS, Mark, Rules
from leadflow.insights.models import Counted
from leadflow.models import Company, Lead, LeadIdentity
from pipeline.models import Deal
from tests.factories.core import a_lead
from tests.leadflow.insights import by_hand

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_every_copy_of_a_person_is_whole(monkeypatch):
    monkeypatch.setattr(bulk, "TOLD", 12)

    call_command("demo", leads=60, until="2026-06-30", verbosity=0)

    connection.check_constraints()
    assert Lead.objects.count() >= 60
    primary = LeadIdentity.objects.filter(kind="email", is_primary=True)
    assert not primary.exclude(value_norm=F("lead__email")).exists()
    assert Deal.objects.exclude(lead=None).exclude(company=F("lead__company")).count() == 0
    assert Company.objects.count() > 12
    assert not Event.objects.filter(dispatched_at=None).exists()
    newest = Lead.objects.latest("pk")
    assert Event.objects.filter(lead_id=newest.pk).exists()
    kept = sorted(Mark(*row) for row in Counted.objects.values_list(*COLUMNS))
    assert kept == by_hand.every(Rules.current())
    assert rollups.wrong_sums() == 0
    assert a_lead("new@mine.example").pk > newest.pk

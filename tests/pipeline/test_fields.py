"""Rules ask about deals, and the three evaluators agree."""

import pytest

from leadflow.conditions import fields, sql
from leadflow.conditions.language import parse
from leadflow.kit import clock
from leadflow.models import Lead
from pipeline.services import deals
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def test_the_stage_of_her_deals_can_be_asked_by_its_name(bob):
    make.stage("Proposal")
    field = fields.catalogue("lead").fields["deal.stage"]

    assert "Sales: Proposal" in [str(label) for _key, label in field.options()]


def test_a_rule_finds_people_by_the_stage_of_their_deals(bob):
    proposal = make.stage("Proposal")
    here, trashed, _other = make.lead(bob), make.lead(bob), make.lead(bob)
    make.deal(bob, lead=here, stage=proposal)
    gone = make.deal(bob, lead=trashed, stage=proposal)
    deals.trash_many(deal_ids=[gone.pk], by=bob)
    rule = {"all": [{"field": "deal.stage", "op": "has_any_of", "value": [proposal.pk]}]}

    parsed = parse(rule, fields.catalogue("lead"))
    found = Lead.objects.filter(sql.where(parsed, at=clock.now()))

    assert list(found) == [here]

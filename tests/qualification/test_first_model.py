"""A new workspace scores its first lead, although nobody opened Scoring yet."""

import pytest

from leadflow.models import LeadScore
from leadflow.rulesets.models import RuleSet, RuleVersion
from leadflow.services import leads
from qualification.services import models
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db


def test_the_first_lead_is_scored_by_the_default_model(drain_events):
    lead = a_lead(phone="+31205550148")

    leads.update(lead, values={"seniority": "vp"}, by=None, at=NOON)
    drain_events()

    assert LeadScore.objects.get(lead=lead).fit > 0


def test_a_model_that_somebody_has_begun_is_not_published_for_her(alice):
    models.the_model(alice)

    models.begin()

    assert RuleSet.objects.of_kind(models.KIND).count() == 1
    assert not RuleVersion.objects.filter(state="published", rule_set__kind=models.KIND).exists()

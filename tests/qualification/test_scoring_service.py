from datetime import timedelta

import pytest

from leadflow.errors import Invalid
from leadflow.events.models import Event
from leadflow.handover.models import Handover
from leadflow.kit import clock
from leadflow.models import EngagementSum, Lead, LeadScore, LeadStage
from leadflow.rulesets import services as rulesets
from leadflow.rulesets.models import Decision
from leadflow.services import companies, engagement
from qualification.services import bant, models, scoring
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(db):
    return models.ensure_default()


def did(lead: Lead, kind="form.submitted", n=1, at=NOON, **more) -> None:
    engagement.append(
        [
            engagement.Fact(
                lead.pk, kind, "test", f"{kind}{at}{i}", at=at + timedelta(days=i), **more
            )
            for i in range(n)
        ]
    )


def hot(**fields) -> Lead:
    lead = a_lead(seniority="vp", phone="+31205550148", **fields)
    lead.company.size = 220
    lead.company.save()
    did(lead, n=4, at=NOON - timedelta(days=4))
    return lead


def test_the_default_model_can_be_published(model):
    assert model.document["cells"] == ["A1", "A2", "B1"]


def test_fit_and_engagement_are_two_numbers(model):
    lead = hot()

    scoring.rescore([lead.pk], at=NOON)

    score = LeadScore.objects.get()
    assert score.fit == 90
    assert score.engagement == pytest.approx(80 * 0.945, rel=0.02)
    assert score.cell == "A1"


def test_scoring_again_changes_nothing_and_says_nothing(model):
    lead = hot()
    scoring.rescore([lead.pk], at=NOON)
    facts = Event.objects.count()

    assert scoring.rescore([lead.pk], at=NOON) == 0
    assert Event.objects.count() == facts


def test_a_lead_that_crosses_is_qualified_offered_and_becomes_mql(model, drain_events):
    lead = hot()

    drain_events()

    lead.refresh_from_db()
    assert lead.stage == LeadStage.MQL
    assert Handover.objects.get().why == "A1"
    assert Decision.objects.get().outcome == "qualified"


def test_imported_facts_are_scored_and_start_nothing(model, drain_events):
    lead = a_lead(seniority="vp", phone="+31205550148", origin="import")
    lead.company.size = 220
    lead.company.save()
    facts = [
        engagement.Fact(lead.pk, "form.submitted", "t", str(n), at=clock.now() - timedelta(days=n))
        for n in range(4)
    ]
    engagement.append(facts, origin="import")

    drain_events()

    assert LeadScore.objects.get().cell == "A1"
    assert not Handover.objects.exists()


def test_decay_alone_cools_a_lead_when_her_crossing_is_due(model):
    lead = hot()
    scoring.rescore([lead.pk], at=NOON)
    due = LeadScore.objects.get().next_crossing_at

    scoring.rescore_due(at=due)

    assert LeadScore.objects.get().cell == "A2"


def test_machines_count_nothing(model):
    lead = a_lead()
    did(lead, n=4, actor_class="machine")

    scoring.rescore([lead.pk], at=NOON)

    assert LeadScore.objects.get().engagement == 0


def test_kept_sums_equal_what_the_facts_say(model):
    lead = hot()
    scoring.rescore([lead.pk], at=NOON)

    kept = {(r.group, r.half_life_days): r.total for r in EngagementSum.objects.filter(lead=lead)}
    assert kept == pytest.approx(
        scoring.sums_from_facts(models.compiled(model).model, [lead.pk])[lead.pk]
    )


def test_bant_gives_the_third_number_and_its_history(model, bob):
    lead = a_lead()

    bant.answer(lead=lead, letter="budget", value="approved", by=bob)

    assert LeadScore.objects.get().bant == 20
    assert Event.objects.get(kind="bant.changed").data == {"letters": ["budget"]}


def test_a_form_never_replaces_what_a_rep_confirmed(model, bob):
    lead = a_lead()
    bant.answer(lead=lead, letter="need", value="urgent", by=bob)

    bant.answer(lead=lead, letter="need", value="none", by=None, confidence="low")

    assert LeadScore.objects.get().bant == 25


def test_a_model_that_reads_the_outcome_is_refused(model):
    document = model.document | {
        "attributes": [
            {
                "name": "Won",
                "points": 50,
                "when": {"all": [{"field": "lead.stage", "op": "is", "value": "customer"}]},
            }
        ]
    }
    rulesets.save_draft(models.the_model(), document=document, by=None)

    with pytest.raises(Invalid, match=r"may not read lead\.stage"):
        rulesets.publish(models.the_model(), by=None)


def test_scoring_many_leads_takes_a_fixed_number_of_queries(model, django_assert_max_num_queries):
    rows = [a_lead() for _ in range(30)]

    with django_assert_max_num_queries(30):
        scoring.rescore([lead.pk for lead in rows], at=NOON)


def test_a_company_that_grew_scores_its_people_anew(model, drain_events):
    lead = a_lead(seniority="vp")
    drain_events()
    before = LeadScore.objects.get().fit

    companies.update(lead.company, values={"size": 220}, by=None)
    drain_events()

    assert LeadScore.objects.get().fit == before + 30

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command

from leadflow.kit import clock
from leadflow.models import EngagementSum, Lead, LeadCycle, LeadScore
from leadflow.services import activities, engagement
from pipeline.models import StageTotal
from qualification.services import bant, models
from tests.factories.core import a_lead
from tests.factories.pipeline import deal as a_deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(drain_events, bob):
    """Somebody of whom everything is kept: sums, BANT, a next step, a stage."""
    models.ensure_default()
    lead = a_lead(owner=bob)
    engagement.append([engagement.Fact(lead.pk, "page.viewed", "t", "1", topic="pricing")])
    bant.answer(lead=lead, letter="budget", value="approved", by=bob)
    activities.plan(
        lead=lead,
        kind="call",
        due_at=clock.now() + timedelta(days=2),
        owner=bob,
        by=bob,
        subject="Call",
    )
    drain_events()
    return lead


def recompute(*args):
    """What the command printed and how it ended."""
    out = io.StringIO()
    try:
        call_command("recompute", *args, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


PLANTED = {
    "engagement sums": lambda: EngagementSum.objects.update(total=1),
    "BANT score": lambda: LeadScore.objects.update(bant=3),
    "next step": lambda: Lead.objects.update(next_step_at=None),
    "stage stamps": lambda: LeadCycle.objects.update(lead_at=None),
    "furthest stage": lambda: Lead.objects.update(furthest_stage="subscriber"),
}


def test_what_the_product_keeps_equals_the_facts(lead):
    assert recompute("--check") == (0, "Everything equals the facts.\n")


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_difference_is_found_and_set_right(lead, what):
    PLANTED[what]()

    code, said = recompute("--check")
    assert code == 1
    assert f"{what}, lead {lead.pk}: kept" in said
    assert recompute("--check")[0] == 1  # looking sets nothing right

    assert recompute()[0] == 0
    assert recompute("--check")[0] == 0


def test_a_sum_that_no_fact_backs_is_found(lead):
    EngagementSum.objects.create(lead=lead, group="ghost", half_life_days=30, total=5)

    assert recompute("--check")[0] == 1
    recompute()
    assert not EngagementSum.objects.filter(group="ghost").exists()


def test_a_wrong_board_total_is_found_and_set_right(db, bob):
    a_deal(owner=bob)
    StageTotal.objects.update(deals=7)

    assert "board totals" in recompute("--check")[1]
    assert StageTotal.objects.get().deals == 7
    recompute()
    assert StageTotal.objects.get().deals == 1


def test_differences_are_told_as_json(lead):
    LeadScore.objects.update(bant=3)

    code, said = recompute("--check", "--json")

    assert code == 1
    assert json.loads(said) == {
        "differences": [
            {"what": "BANT score", "subject": f"lead {lead.pk}", "kept": "3.0", "facts": "20"}
        ],
        "repaired": False,
    }


def test_facts_that_are_on_their_way_are_late_not_wrong(lead):
    engagement.append([engagement.Fact(lead.pk, "page.viewed", "t", "2")])

    assert recompute("--check")[0] == 0

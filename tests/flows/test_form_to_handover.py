"""A visitor answers a form, and ends as somebody's accepted lead: every stage by its own reaction."""

import pytest

from distribution.services import policy, pools
from leadflow.handover.models import Handover
from leadflow.models import Activity, Lead, LeadCycle, LeadStage
from leadflow.rulesets import services as rulesets
from leadflow.rulesets.models import Decision
from qualification.services import editing, models
from tests.factories.capture import contact_body, published_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(bob, alice):
    """A form, a score model in which it is a raised hand, and a pool of one rep."""
    form = published_form(name="Ask for a demo")
    models.ensure_default()
    editing.set_threshold(cells=["A1", "A2", "B1"], hand_raise=[f"form:{form.pk}"], by=alice)
    editing.publish(by=alice, note="A demo is a raised hand", revision=None)
    pool = pools.create(name="Sales", always_open=True, by=alice)
    pools.put_member(pool, user=bob, by=alice)
    rules = rulesets.create(
        kind=policy.KIND, name="Routing", document={"rules": [], "pool": pool.pk}, by=alice
    )
    rulesets.publish(rules, by=alice)
    return form


def test_an_answer_becomes_a_qualified_routed_and_accepted_lead(
    client, house, bob, drain_events, recorded
):
    assert client.post(house.public_path, contact_body(house)).status_code in {200, 302, 303}
    drain_events()

    lead = Lead.objects.get()
    assert Decision.objects.latest_of(lead.pk, "score").outcome == "qualified"
    assert lead.stage == LeadStage.MQL
    assert lead.owner == bob
    assert Handover.objects.get().state == "offered"

    client.force_login(bob)
    waiting = client.get("/hand-overs/").text
    assert lead.name in waiting
    assert "sent the form “Ask for a demo”" in waiting
    assert "pool Sales, in turn" in waiting
    story = client.get(f"/leads/{lead.pk}/timeline/").text
    assert "Model version 2" in story
    client.post(f"/hand-overs/{Handover.objects.get().pk}/accept/")
    drain_events()

    lead.refresh_from_db()
    cycle = LeadCycle.objects.get()
    assert lead.stage == LeadStage.SAL
    assert Handover.objects.get().state == "accepted"
    assert None not in (cycle.lead_at, cycle.mql_at, cycle.sal_at)
    kinds = recorded(lead)
    story = [
        "lead.captured", "lead.qualified", "handover.offered", "lead.assigned", "handover.accepted",
    ]  # fmt: skip
    assert [kind for kind in kinds if kind in story] == story


def test_an_answer_that_is_no_raised_hand_waits_with_marketing(client, house, drain_events):
    other = published_form(name="Newsletter")

    client.post(other.public_path, contact_body(other))
    drain_events()

    assert Lead.objects.get().stage in {LeadStage.LEAD, LeadStage.SUBSCRIBER}
    assert not Handover.objects.exists()
    assert not Activity.objects.exists()

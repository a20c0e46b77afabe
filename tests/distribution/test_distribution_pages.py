import json

import pytest

from distribution.models import Pool
from distribution.services import policy, pools
from leadflow.handover import services as handovers
from leadflow.handover.models import Handover
from leadflow.models import Lead, LeadStage
from leadflow.rulesets import selectors
from leadflow.services import leads
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_mia(client, mia):
    client.force_login(mia)
    return client


@pytest.fixture
def offered(bob) -> Handover:
    lead = a_lead(last_name="Kessler", owner=bob)
    leads.advance(lead, to=LeadStage.MQL, by=None)
    return handovers.open_many(lead_ids=[lead.pk], why="A1")[0]


def test_a_rep_sees_what_waits_for_her_and_accepts_it(client, bob, offered):
    client.force_login(bob)
    assert "Kessler" in client.get("/hand-overs/").content.decode()
    assert "Kessler" in client.get("/my-day/").content.decode()

    response = client.post(f"/hand-overs/{offered.pk}/accept/")

    assert response["Location"] == offered.lead.get_absolute_url()
    assert Lead.objects.get().stage == LeadStage.SAL


def test_a_rep_of_another_team_cannot_accept(client, carl, offered):
    client.force_login(carl)

    assert client.post(f"/hand-overs/{offered.pk}/accept/").status_code == 404
    assert Handover.objects.get().state == "offered"


def test_returning_needs_a_reason(client, bob, offered):
    client.force_login(bob)

    assert client.post(f"/hand-overs/{offered.pk}/return/", {}).status_code == 422
    client.post(
        f"/hand-overs/{offered.pk}/return/", {"reason": "not_now", "return_on": "2030-01-01"}
    )

    assert "Fits, but not now" in client.get("/hand-overs/?tab=decided").content.decode()


def test_a_manager_makes_a_pool_a_rule_and_publishes(as_mia, bob):
    as_mia.post("/routing/pools/new/", {"name": "Benelux"})
    pool = Pool.objects.get()
    as_mia.post(f"/routing/pools/{pool.pk}/", {"user": bob.pk, "weight": 2})
    when = json.dumps({"all": [{"field": "lead.country", "op": "is", "value": "NL"}]})

    as_mia.post("/routing/rule/", {"name": "Dutch", "when": when, "pool": pool.pk})
    page = as_mia.get("/routing/").content.decode()
    assert "Country is" in page
    as_mia.post("/routing/publish/", {"note": "First"})

    live = policy.live()
    assert live.document["rules"][0]["name"] == "Dutch"
    assert pool.members.get().weight == 2


def test_rules_are_moved_and_taken_out(as_mia, bob):
    pool = pools.create(name="All", by=None)
    when = json.dumps({"all": [{"field": "lead.country", "op": "is", "value": "NL"}]})
    for name in ("One", "Two", "Three"):
        as_mia.post("/routing/rule/", {"name": name, "when": when, "pool": pool.pk})

    as_mia.post("/routing/rule/change/", {"n": 2, "do": "up"})
    as_mia.post("/routing/rule/change/", {"n": 0, "do": "drop"})

    names = [r["name"] for r in selectors.draft(policy.the_policy()).document["rules"]]
    assert names == ["Three", "Two"]


def test_a_rule_that_is_gone_is_said_so(as_mia):
    assert as_mia.get("/routing/rule/?n=7").status_code == 422


def test_a_rep_cannot_see_the_routing(client, bob):
    client.force_login(bob)

    assert client.get("/routing/").status_code == 403


def test_the_page_of_a_lead_says_why_she_has_this_owner(client, bob, drain_events):
    client.force_login(bob)
    lead = a_lead(owner=bob)
    leads.advance(lead, to=LeadStage.MQL, by=None)
    handovers.open_many(lead_ids=[lead.pk], why="A1")

    assert "Offered to sales: A1." in client.get(f"/hand-overs/of-lead/{lead.pk}/").content.decode()

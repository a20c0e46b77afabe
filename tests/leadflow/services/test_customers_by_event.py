"""What the organisation names makes a customer, besides a won deal."""

import pytest

from leadflow.kit import clock
from leadflow.models import Customer, LeadCycle, LeadStage, Organisation
from leadflow.services import activities, engagement, leads
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def wants(db):
    def want(event, word=""):
        Organisation.objects.update_or_create(
            pk=1, defaults={"customer_event": event, "customer_word": word}
        )

    Organisation.current()
    return want


def log(lead, bob, outcome):
    return activities.log(
        kind="call", subject="Call", outcome=outcome, lead=lead, owner=bob, by=bob
    )


def did(lead, kind, number=1):
    fact = engagement.Fact(
        lead_id=lead.pk, kind=kind, source_type="test", source_id=str(number), at=clock.now()
    )
    engagement.append([fact])


def test_a_stage_that_is_reached_makes_a_customer_whom_numbers_count(bob, wants, drain_events):
    wants("stage:sql")
    lead = a_lead()
    leads.advance(lead, to=LeadStage.SQL, by=bob)

    drain_events()

    lead.refresh_from_db()
    assert Customer.objects.get().won_by == "stage:sql"
    assert lead.stage == LeadStage.CUSTOMER
    assert LeadCycle.objects.get(lead=lead).customer_at


def test_an_outcome_of_an_activity_makes_a_customer_whatever_its_case(bob, wants, drain_events):
    wants("outcome", "Invested")
    one, other = a_lead("one@a.example"), a_lead("two@b.example")
    log(one, bob, "invested")
    log(other, bob, "No answer")

    drain_events()

    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.stage, other.stage) == (LeadStage.CUSTOMER, LeadStage.LEAD)


def test_a_tracked_event_makes_a_customer_once(wants, drain_events):
    wants("event", "signed.up")
    lead = a_lead()
    did(lead, "page.viewed", 1)
    did(lead, "signed.up", 2)
    did(lead, "signed.up", 3)

    drain_events()

    assert Customer.objects.count() == 1


def test_without_the_setting_only_a_won_deal_does(bob, drain_events, wants):
    wants("")
    lead = a_lead()
    leads.advance(lead, to=LeadStage.SQL, by=bob)
    did(lead, "signed.up")

    drain_events()

    assert not Customer.objects.exists()


def test_the_setting_asks_for_the_name_of_the_event(client, alice):
    client.force_login(alice)

    refused = client.post("/settings/lifecycle/", {"customer_event": "event"})
    kept = client.post(
        "/settings/lifecycle/", {"customer_event": "event", "customer_word": "signed up"}
    )

    assert refused.status_code == 422
    assert "Say which outcome or event it is" in refused.content.decode()
    assert kept.status_code in {302, 303}
    assert Organisation.objects.get().customer_word == "signed up"

"""What an offer brought: how many got it, and what became of them."""

from datetime import timedelta

import pytest

from capture.selectors.windows import window_of
from leadflow.insights.offers import Figures
from leadflow.kit import clock
from leadflow.models import Lead, LeadStage
from leadflow.offers import services
from leadflow.offers.models import Offer
from tests.factories.core import a_lead
from tests.leadflow.insights.test_campaigns import bought

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def offer(db):
    return Offer.objects.create(name="Spring", value=10, code="SPRING10")


def given(offer, *, since=DAY, **fields):
    at = clock.now() - since
    lead = a_lead(at=at)
    Lead.objects.filter(pk=lead.pk).update(created_at=at, **fields)
    services.give(offer_id=offer.pk, lead=lead, key=f"test:{lead.pk}", at=at)
    return Lead.objects.get(pk=lead.pk)


def figures(offer, user, **told):
    return Figures(offer, user, window_of(told))


def test_people_and_what_they_bought_since(offer, alice):
    first = given(offer, since=40 * DAY, furthest_stage=LeadStage.CUSTOMER)
    given(offer)
    bought(first, 900)
    bought(first, 300, after=-DAY)  # before she got it

    found = figures(offer, alice)

    assert found.counts == {"given": 2, "leads": 2, "qualified": 1, "customers": 1}
    assert found.revenue == 900


def test_other_days_hold_other_people(offer, alice):
    given(offer, since=40 * DAY)

    assert figures(offer, alice, days="30").counts["given"] == 0
    assert figures(offer, alice, days="90").counts["given"] == 1


@pytest.mark.parametrize("part", ["given", "leads", "qualified", "customers", "won"])
def test_each_number_opens_its_rows(offer, alice, client, part):
    lead = given(offer, furthest_stage=LeadStage.CUSTOMER, first_name="Ann", last_name="Buyer")
    deal = bought(lead, 500, after=timedelta(hours=2))
    client.force_login(alice)

    page = client.get(f"/offers/{offer.pk}/{part}/?days=30").content.decode()

    assert (deal.name if part == "won" else "Ann Buyer") in page


def test_a_code_is_shown_to_who_may_see_its_owner(offer, bob, client):
    given(offer, first_name="Hidden", last_name="Person")
    client.force_login(bob)

    page = client.get(f"/offers/{offer.pk}/given/").content.decode()

    assert "SPRING10" not in page
    assert "Hidden" not in page


def test_the_page_says_how_many_are_left_and_the_list_leads_there(offer, max, client):
    Offer.objects.filter(pk=offer.pk).update(most_uses=5, given=2)
    client.force_login(max)

    page = client.get(f"/offers/{offer.pk}/").content.decode()

    assert "2 of 5 given, 3 left" in page
    assert f'href="/offers/{offer.pk}/"' in client.get("/settings/offers/").content.decode()

"""The page on which a conversion is taken back, and the ways to it."""

from decimal import Decimal

import pytest

from pipeline.models import Conversion, Deal
from pipeline.services import converting, deals
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def made(bob):
    opening = deals.Opening(name="Roof", amount=Decimal(100), stage=make.stage())
    choice = converting.Choice(opening=opening, company_name="Brandt AG")
    lead = make.lead(bob, email="anna@gmail.com")
    return converting.convert(lead, choice=choice, by=bob)


def test_it_says_what_will_happen_then_does_it_and_tells(as_, bob, made):
    client = as_(bob)
    url = f"/deals/convert/{made.lead_id}/undo/"

    page = client.get(url).content.decode()
    answer = client.post(url)
    after = client.get(answer.headers["Location"]).content.decode()

    assert "The deal Roof goes to the trash" in page
    assert "goes back to the stage Lead" in page
    assert "has no company again" in page
    assert "The conversion of" in after
    assert Deal.objects.get().deleted_at
    assert Conversion.objects.get().undone_by == bob


def test_the_deals_page_and_the_leads_page_lead_to_it(as_, bob, made):
    client = as_(bob)
    url = f"/deals/convert/{made.lead_id}/undo/"

    assert url in client.get(made.deal.get_absolute_url()).content.decode()
    assert url in client.get(f"/deals/of-lead/{made.lead_id}/").content.decode()


def test_a_won_deal_says_why_it_cannot_be_taken_back(as_, bob, made):
    deals.win(made.deal, amount=Decimal(100), by=bob)
    client = as_(bob)
    url = f"/deals/convert/{made.lead_id}/undo/"

    page = client.get(url).content.decode()

    assert "Open it again first" in page
    assert client.post(url).status_code == 409


def test_without_a_conversion_it_leads_back_to_the_lead(as_, bob):
    lead = make.lead(bob)

    answer = as_(bob).get(f"/deals/convert/{lead.pk}/undo/")

    assert answer.headers["Location"] == lead.get_absolute_url()


def test_abuse_E02_a_conversion_into_another_teams_deal_is_not_taken_back(as_, bob, carl):
    deal = make.deal(carl)
    lead = make.lead(bob)
    converting.convert(lead, choice=converting.Choice(deal=deal), by=carl)

    answer = as_(bob).post(f"/deals/convert/{lead.pk}/undo/")

    assert answer.status_code == 404
    assert Conversion.objects.get().undone_at is None


def test_a_viewer_is_not_offered_the_way_back(as_, vera, made):
    page = as_(vera).get(made.deal.get_absolute_url()).content.decode()

    assert "Undo the conversion" not in page

"""The search behind the palette: every kind of record, and the places of the product."""

import pytest

from tests.factories.capture import published_form
from tests.factories.core import a_lead
from tests.factories.pipeline import deal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("zoe", "Zoë Müller"),
        ("lumen", "Lumen Works"),
        ("carport", "Carport 96 kWp"),
        ("roof check", "Roof check"),
        ("dashb", "Dashboard"),
    ],
)
def test_leads_companies_deals_forms_and_places_are_found(client, alice, words, found):
    lead = a_lead(first_name="Zoë", last_name="Müller", owner=alice)
    lead.company.name, lead.company.search_text = "Lumen Works", "lumen works"
    lead.company.save()
    deal(alice, name="Carport 96 kWp")
    published_form(name="Roof check")
    client.force_login(alice)

    answer = client.get("/search/", {"q": words}, headers={"HX-Request": "true"}).text

    assert found in answer


def test_what_another_team_owns_is_not_found(client, bob, carl):
    a_lead(last_name="Hidden", owner=carl)
    client.force_login(bob)

    assert "Hidden" not in client.get("/search/?q=hidden", headers={"HX-Request": "true"}).text

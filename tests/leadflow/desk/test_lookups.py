"""Looking up from pages and lists, and taking out what is wrong."""

import pytest

from leadflow.events.models import Event
from leadflow.models import Company, Lead, Organisation
from leadflow.services import lookups
from tests.factories.core import a_company, a_lead

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def test_a_rep_looks_up_what_is_known_of_her_lead(client, bob):
    ann = a_lead("ann@acme.example", phone="+46701234567", owner=bob)
    client.force_login(bob)

    client.post(f"/leads/{ann.pk}/look-up/")

    page = client.get(f"/leads/{ann.pk}/provided/", **HTMX).content.decode()
    assert "<b>Country</b>: Sweden" in page
    assert "from phone prefix" in page
    assert ", high" in page


def test_abuse_E02_another_teams_lead_is_not_looked_up(client, bob, carl):
    ann = a_lead("ann@acme.example", phone="+46701234567", owner=carl)
    client.force_login(bob)

    assert client.post(f"/leads/{ann.pk}/look-up/").status_code == 404
    assert Lead.objects.get(pk=ann.pk).country == ""


def test_a_wrong_value_is_taken_out_from_the_page(client, bob):
    ann = a_lead("ann@acme.example", phone="+46701234567", owner=bob)
    lookups.look_up(lead_ids=[ann.pk], by=None)
    row = ann.provided_values.get(field="country")
    client.force_login(bob)

    client.post(f"/leads/{ann.pk}/provided/{row.pk}/", {"decision": "out"})

    assert Lead.objects.get(pk=ann.pk).country == ""


def test_nothing_new_is_said_as_such(client, bob):
    ann = a_lead("ann@acme.example", owner=bob)
    client.force_login(bob)

    client.post(f"/leads/{ann.pk}/look-up/")
    page = client.get(ann.get_absolute_url()).content.decode()

    assert "Nothing new is known." in page


def test_chosen_leads_are_looked_up_at_once_and_others_are_left_alone(client, bob, carl):
    mine = a_lead("ann@acme.se", owner=bob)
    hers = a_lead("ben@acme.se", owner=carl)
    client.force_login(bob)

    client.post("/leads/bulk/look-up/", {"ids": [mine.pk, hers.pk]})

    assert dict(Lead.objects.values_list("pk", "country")) == {mine.pk: "SE", hers.pk: ""}


def test_chosen_companies_are_looked_up_at_once(client, bob):
    acme = a_company("Acme", domain="acme.fr")
    client.force_login(bob)

    client.post("/companies/look-up/", {"ids": [acme.pk]})

    assert Company.objects.get(pk=acme.pk).country == "FR"


def test_an_admin_switches_a_look_up_off_and_the_audit_tells(client, alice):
    client.force_login(alice)

    client.post("/settings/look-ups/", {"adapter": "own-places", "on": "0"})

    page = client.get("/settings/look-ups/").content.decode()
    assert Organisation.current().lookups_off == ["own-places"]
    assert "Switch on" in page
    fact = Event.objects.get(kind="setting.changed")
    assert (fact.data["name"], fact.data["to"]) == ("organisation.lookups_off", ["own-places"])


def test_an_adapter_that_nobody_knows_is_refused(client, alice):
    client.force_login(alice)

    answer = client.post("/settings/look-ups/", {"adapter": "vendor", "on": "0"})

    assert answer.status_code == 422

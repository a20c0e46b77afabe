"""Values of providers on the pages of people and companies."""

import pytest

from leadflow.models import CompanySignal, Lead, ProvidedValue
from leadflow.services import enrichment
from tests.factories.core import NOON, a_company, a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(bob):
    lead = a_lead(city="Oslo", first_name="Ada", owner=bob)
    word = enrichment.Word(provider="Clearbit <b>", at=NOON, confidence=0.8)
    enrichment.enrich_lead(lead=lead, values={"city": "Bergen", "job_title": "Engineer"}, word=word)
    return lead


def test_the_page_shows_theirs_beside_ours_with_provider_and_confidence(client, bob, ada):
    client.force_login(bob)

    page = client.get(f"/leads/{ada.pk}/provided/").content.decode()

    assert "Bergen" in page
    assert "Clearbit &lt;b&gt; says so, ours is Oslo" in page
    assert "80.0 % sure" in page or "80 % sure" in page


def test_a_value_is_taken_over_with_one_press(client, bob, ada):
    client.force_login(bob)
    row = ProvidedValue.objects.get(state="proposed")

    answer = client.post(f"/leads/{ada.pk}/provided/{row.pk}/", {"decision": "take"})

    assert answer.status_code == 303
    assert Lead.objects.get().city == "Bergen"


def test_a_value_of_somebody_else_is_not_decided_through_ones_own_lead(client, bob, ada):
    other = a_lead()
    row = ProvidedValue.objects.get(state="proposed")
    ProvidedValue.objects.filter(pk=row.pk).update(lead=other)
    client.force_login(bob)

    assert (
        client.post(f"/leads/{ada.pk}/provided/{row.pk}/", {"decision": "take"}).status_code == 404
    )


def test_an_unknown_decision_is_said_and_changes_nothing(client, bob, ada):
    client.force_login(bob)
    row = ProvidedValue.objects.get(state="proposed")

    answer = client.post(f"/leads/{ada.pk}/provided/{row.pk}/", {"decision": "burn"})

    assert answer.status_code == 422
    assert Lead.objects.get().city == "Oslo"


def test_the_page_of_a_company_shows_what_is_said_of_it(client, alice):
    acme = a_company("Acme")
    CompanySignal.objects.create(
        company=acme, kind="intent.reported", topic="heat pumps", provider="Bombora", confidence=0.9,
        source_type="hook", source_id="1", occurred_at=NOON,
    )  # fmt: skip
    client.force_login(alice)

    page = client.get(acme.get_absolute_url()).content.decode()

    assert "heat pumps" in page
    assert "Bombora" in page

"""What providers say about fields: blanks filled, nothing overwritten, the rest proposed."""

import pytest

from leadflow.errors import Conflict
from leadflow.history.models import FieldChange
from leadflow.models import Company, CustomField, Lead, ProvidedValue
from leadflow.services import enrichment, leads, merging, privacy
from leadflow.services.enrichment import Word
from tests.factories.core import NOON, a_company, a_lead, a_user

pytestmark = pytest.mark.django_db


def say(lead, provider="Clearbit", confidence=0.7, **values):
    word = Word(provider=provider, at=NOON, confidence=confidence)
    return enrichment.enrich_lead(lead=lead, values=values, word=word)


def test_a_blank_is_filled_and_says_where_it_is_from():
    ada = a_lead(first_name="Ada")

    outcome = say(ada, job_title="Engineer")

    row = ProvidedValue.objects.get()
    assert Lead.objects.get().job_title == "Engineer"
    assert outcome.filled == ["job_title"]
    assert (row.provider, row.confidence, row.state) == ("Clearbit", 0.7, "filled")


def test_what_we_know_is_never_overwritten_but_proposed():
    ada = a_lead(first_name="Ada", city="Oslo")

    outcome = say(ada, city="Bergen", first_name="Ada")

    assert Lead.objects.get().city == "Oslo"
    assert (outcome.filled, outcome.proposed) == ([], ["city"])
    assert [(one.ours, one.theirs) for one in enrichment.proposals(ada)] == [("Oslo", "Bergen")]


def test_nobody_says_by_which_address_a_person_is_known():
    ada = a_lead("ada@acme.example")

    say(ada, email="eve@evil.example")

    assert Lead.objects.get().email == "ada@acme.example"
    assert not ProvidedValue.objects.exists()


def test_a_bad_value_does_not_cost_the_others():
    outcome = say(a_lead(), birth_year="soon", city="Oslo", seniority="emperor")

    assert outcome.filled == ["city"]
    assert set(outcome.refused) == {"birth_year", "seniority"}


def test_a_proposal_is_taken_over_as_a_persons_edit():
    ada, mia = a_lead(city="Oslo"), a_user("Mia")
    say(ada, city="Bergen")

    enrichment.take_over(row=ProvidedValue.objects.get(), by=mia)

    assert Lead.objects.get().city == "Bergen"
    assert FieldChange.objects.get(field="city").by_id == mia.pk
    with pytest.raises(Conflict):
        enrichment.take_over(row=ProvidedValue.objects.get(), by=mia)


def test_what_was_dismissed_is_not_proposed_again_until_something_else_is_said():
    ada, mia = a_lead(city="Oslo"), a_user("Mia")
    say(ada, city="Bergen")
    enrichment.dismiss(row=ProvidedValue.objects.get(), by=mia)

    say(ada, city="Bergen")
    assert enrichment.proposals(ada) == []

    say(ada, city="Turku")
    assert [one.theirs for one in enrichment.proposals(ada)] == ["Turku"]


def test_a_field_of_ones_own_is_filled_too():
    CustomField.objects.create(subject="lead", key="roof", label="Roof", type="text")
    ada = a_lead()

    say(ada, **{"custom.roof": "flat"})

    assert Lead.objects.get().custom == {"roof": "flat"}
    assert [one.label for one in enrichment.provided(ada)] == ["Roof"]


def test_a_company_is_enriched_as_a_person_is():
    acme = a_company("Acme", city="Oslo")
    word = Word(provider="Clearbit", at=NOON)

    outcome = enrichment.enrich_company(
        company=acme, values={"size": "250", "city": "Bergen", "country": "no", "founded": "long ago"},
        word=word,
    )  # fmt: skip

    acme = Company.objects.get()
    assert (acme.size, acme.city, acme.country) == (250, "Oslo", "NO")
    assert (outcome.filled, outcome.proposed) == (["country", "size"], ["city"])
    assert "founded" in outcome.refused


def test_what_is_said_follows_a_merge_and_goes_with_an_erasure():
    one, two = a_lead(city="Oslo"), a_lead(city="Oslo")
    say(two, city="Bergen")
    say(one, provider="Other", city="Turku")

    merging.merge(survivor=one, loser=two, by=None)
    assert len(enrichment.proposals(one)) == 2

    privacy.erase(lead=Lead.objects.get(pk=one.pk), by=None)
    assert not ProvidedValue.objects.exists()


def test_a_proposal_is_none_any_more_once_we_know_the_same():
    ada = a_lead(city="Oslo")
    say(ada, city="Bergen")
    leads.update(ada, values={"city": "Bergen"}, by=None)

    assert enrichment.proposals(ada) == []

"""What another value from outside does: field by field as the organisation chose, and never to what is ours."""

from datetime import timedelta

import pytest
from django.urls import reverse

from leadflow.errors import Invalid
from leadflow.events.models import Event
from leadflow.history.models import FieldChange
from leadflow.models import Consent, CustomField, Lead, Organisation
from leadflow.services import enrichment, leads, organisation
from leadflow.services.enrichment import Word
from leadflow.services.leads.taking import OF_LEAD
from tests.factories.core import NOON, a_company, a_lead

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def choose(**rules):
    keys = {name.replace("__", "."): rule for name, rule in rules.items()}
    organisation.change(by=None, taking=keys)


def bring(at=LATER, **fields):
    return leads.create_or_merge(email="ann@north.example", fields=fields, via="form:1", at=at)


@pytest.fixture
def ann():
    return a_lead("ann@north.example", first_name="Ann", city="Oslo", job_title="Buyer")


def test_ours_is_kept_and_theirs_proposed_unless_somebody_chose_otherwise(ann):
    outcome = bring(city="Bergen")

    ann.refresh_from_db()
    assert (ann.city, outcome.proposed, outcome.replaced) == ("Oslo", {"city": "Bergen"}, {})


def test_the_newest_wins_where_it_was_chosen_and_what_was_stands_in_her_history(ann):
    choose(lead__city="newest")

    outcome = bring(city="Bergen", job_title="Chief")

    ann.refresh_from_db()
    assert (ann.city, ann.job_title) == ("Bergen", "Buyer")
    assert (outcome.replaced, outcome.proposed) == ({"city": "Bergen"}, {"job_title": "Chief"})
    change = FieldChange.objects.get(field="city")
    assert (change.old, change.new, change.cause) == ("Oslo", "Bergen", "form:1")
    assert Event.objects.filter(kind="lead.captured").last().data["replaced"] == ["city"]


def test_an_answer_that_waited_does_not_undo_what_a_colleague_wrote_meanwhile(ann, bob):
    choose(lead__city="newest")
    leads.update(ann, values={"city": "Turku"}, by=bob, at=LATER)

    outcome = bring(at=NOON + timedelta(hours=1), city="Bergen")

    ann.refresh_from_db()
    assert (ann.city, outcome.proposed) == ("Turku", {"city": "Bergen"})


def test_what_is_never_taken_is_neither_filled_nor_proposed(ann):
    choose(lead__city="never", lead__department="never")

    outcome = bring(city="Bergen", department="Sales")
    other = leads.create_or_merge(
        email="new@north.example", fields={"city": "Bergen"}, via="form:1"
    )

    ann.refresh_from_db()
    assert (ann.city, ann.department, outcome.proposed) == ("Oslo", "", {})
    assert other.lead.city == ""


def test_what_a_colleague_types_is_not_from_outside():
    choose(lead__city="never")

    made = leads.create_or_merge(email="x@north.example", fields={"city": "Oslo"}, via="hand")

    assert made.lead.city == "Oslo"


def test_a_field_of_your_own_has_its_choice_too(ann):
    CustomField.objects.create(subject="lead", key="roof", label="Roof", type="number")
    leads.update(ann, values={"custom.roof": 200}, by=None, at=NOON)
    choose(**{"lead__custom.roof": "newest"})

    bring(**{"custom.roof": 300})

    ann.refresh_from_db()
    assert ann.custom == {"roof": 300.0}


def test_abuse_A04_the_newest_wins_never_for_identity_consent_owner_or_stage(ann, bob):
    leads.assign(ann, owner=bob, by=None)
    before = Lead.objects.get(pk=ann.pk)
    fixed = ("email", "phone", "company", "source", "campaign", "direction", "buyer_stage")
    choose(**{f"lead__{name}": "newest" for name in (*fixed, *OF_LEAD, "owner", "stage")})

    outcome = leads.create_or_merge(
        email="ann@north.example", phone="+4930123456", company=a_company("Evil"), via="form:1",
        fields={"buyer_stage": "decision", "first_name": "Eve"}, at=LATER,
    )  # fmt: skip
    with pytest.raises(Invalid):
        bring(owner=bob.pk, stage="customer", consent=True)

    after = Lead.objects.get(pk=ann.pk)
    for name in ("email", "company_id", "source_id", "owner_id", "stage", "disposition"):
        assert getattr(after, name) == getattr(before, name)
    assert not Consent.objects.exists()
    assert outcome.replaced == {"first_name": "Eve"}
    assert after.identities.filter(kind="email").get().value_norm == "ann@north.example"


def test_providers_obey_the_same_choice(ann):
    choose(lead__city="newest", lead__department="never")
    word = Word(provider="Clearbit", at=LATER)

    outcome = enrichment.enrich_lead(
        lead=ann, values={"city": "Bergen", "job_title": "Chief", "department": "IT"}, word=word
    )

    ann.refresh_from_db()
    assert (ann.city, ann.job_title, ann.department) == ("Bergen", "Buyer", "")
    assert (outcome.filled, outcome.proposed) == (["city"], ["job_title"])
    assert set(outcome.refused) == {"department"}


def test_a_companys_fields_have_their_choice(ann):
    choose(company__size="newest", company__city="never")
    company = a_company("Acme", size=10)

    outcome = enrichment.enrich_company(
        company=company, values={"size": 50, "city": "Oslo"}, word=Word(provider="X", at=LATER)
    )

    company.refresh_from_db()
    assert (company.size, company.city, outcome.filled) == (50, "", ["size"])


def test_an_admin_chooses_on_a_page_and_it_is_on_record(client, alice):
    client.force_login(alice)
    page = client.get(reverse("console:incoming-values")).content.decode()
    assert "Always yours" in page

    client.post(reverse("console:incoming-values"), {"lead-city": "newest", "company-size": "keep"})

    assert Organisation.current().taking == {"lead.city": "newest"}
    change = Event.objects.get(kind="setting.changed")
    assert (change.actor_id, change.data["name"]) == (alice.pk, "organisation.taking")


def test_a_rule_that_nobody_knows_is_refused(client, alice):
    client.force_login(alice)

    answer = client.post(reverse("console:incoming-values"), {"lead-city": "always"})

    assert answer.status_code == 422
    assert Organisation.current().taking == {}

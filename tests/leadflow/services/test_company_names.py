"""Companies are known again by their name without its legal form; domains have the first word."""

import pytest

from leadflow.kit import clock
from leadflow.models import Company, CompanyTwin
from leadflow.runs import leasing, working
from leadflow.services import companies, company_duplicates, company_intake
from tests.factories.core import a_company, a_lead

pytestmark = pytest.mark.django_db
ALL = {"first": 0, "last": 10**12}


@pytest.mark.parametrize("name", ["ACME", "Acme, Inc.", "acme gmbh", "The Acme Company"])
def test_a_person_with_a_private_address_is_at_the_company_of_that_name(name):
    acme = a_company("Acme GmbH", domain="acme.example")

    assert companies.of_person(email="ann@gmail.com", name=name).pk == acme.pk


def test_the_domain_of_an_address_goes_before_the_name():
    acme = a_company("Acme GmbH", domain="acme.example")

    lead = a_lead("ann@other.example")
    other = companies.of_person(email="ben@other.example", name="Acme")

    assert other.pk == lead.company_id != acme.pk


def test_of_two_namesakes_at_different_domains_neither_is_guessed():
    for domain in ("acme.example", "acme.test"):
        a_company("Acme " + ("GmbH" if domain == "acme.test" else "Inc"), domain=domain)

    new = companies.of_person(email="", name="Acme")

    assert (new.domain, Company.objects.count()) == (None, 3)
    assert companies.of_person(email="", name="acme").pk == new.pk  # spelt so: found


def test_many_people_at_once_are_matched_alike():
    acme = a_company("Acme GmbH")
    places = [("", "ACME"), ("", "Acme Inc."), ("", "Zeta")]

    found = companies.of_people(places, origin="live", at=clock.now())

    assert (found["", "ACME"].pk, found["", "Acme Inc."].pk) == (acme.pk, acme.pk)
    assert Company.objects.count() == 2


def test_a_file_of_companies_meets_the_one_that_differs_in_its_legal_form():
    acme = a_company("Acme GmbH", domain="acme.example")

    taken = company_intake.take_in_many(
        [company_intake.Arrival(name="ACME", values={"city": "Ulm"})], by=None, at=clock.now()
    )

    assert (taken[0].company.pk, taken[0].state) == (acme.pk, "updated")


def test_a_namesake_at_another_domain_in_a_file_is_another_company():
    a_company("Acme GmbH", domain="acme.example")

    taken = company_intake.take_in_many(
        [company_intake.Arrival(name="Acme GmbH", domain="acme.test")], by=None, at=clock.now()
    )

    assert taken[0].state == "created"


def test_a_new_name_has_a_new_key():
    acme = a_company("Acme GmbH")

    row = companies.update(acme, values={"name": "Zeta AG"}, by=None)

    assert row.name_key == "zeta"


def pairs():
    company_duplicates.find(**ALL)
    return [(t.one_id, t.two_id) for t in CompanyTwin.objects.order_by("-score", "pk")]


def test_one_name_with_two_legal_forms_makes_a_pair():
    one, two = a_company("Acme GmbH", domain="acme.example"), a_company("ACME, Inc.")
    a_company("Acme Tools GmbH")

    assert pairs() == [(one.pk, two.pk)]


def test_one_host_under_two_endings_makes_a_pair():
    one, two = a_company("Acme", domain="acme.de"), a_company("Acme Schweiz", domain="acme.ch")

    assert pairs() == [(one.pk, two.pk)]
    assert CompanyTwin.objects.get().same_host


def test_namesakes_at_different_domains_are_less_sure_and_abroad_no_pair():
    a_company("Acme GmbH", domain="acme-roofs.de", country="DE")
    a_company("Acme Inc", domain="acmetools.com", country="US")
    assert pairs() == []

    Company.objects.update(country="DE")

    assert len(pairs()) == 1
    assert CompanyTwin.objects.get().score < 60


def test_a_crowd_of_namesakes_says_nothing(monkeypatch):
    monkeypatch.setattr(company_duplicates, "CROWD", 2)
    for _n in range(3):
        a_company("Shop")

    assert pairs() == []


def test_companies_told_apart_are_not_proposed_again(alice):
    a_company("Acme GmbH"), a_company("Acme AG")
    pairs()
    company_duplicates.tell_apart(twin=CompanyTwin.objects.get(), by=alice)

    pairs()

    assert not CompanyTwin.objects.visible_to(alice).exists()


def test_the_run_walks_all_companies(alice, monkeypatch):
    one, _two = a_company("Acme GmbH"), a_company("Acme AG")
    monkeypatch.setattr(company_duplicates, "SLICE", one.pk)
    run = company_duplicates.look(by=alice)

    working.execute(leasing.claim(heavy=True, run_id=run.pk))

    run.refresh_from_db()
    assert (run.state, CompanyTwin.objects.count()) == ("done", 1)


def test_the_queue_of_companies_shows_pairs_with_their_reasons(client, alice, bob):
    a_company("Acme GmbH"), a_company("Acme AG")
    pairs()
    client.force_login(bob)
    assert client.get("/companies/duplicates/").status_code == 403
    client.force_login(alice)
    assert "same name" in client.get("/companies/duplicates/").content.decode()

    client.post(f"/companies/duplicates/{CompanyTwin.objects.get().pk}/apart/")

    assert "No company is here twice" in client.get("/companies/duplicates/").content.decode()

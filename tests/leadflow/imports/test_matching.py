"""By what a line is the same person as somebody who is known."""

import pytest

from leadflow.errors import Invalid
from leadflow.models import Lead, LeadIdentity
from leadflow.people.models import User
from tests.factories.core import a_company, a_lead

PHONE = "+49301234567"


def test_a_further_address_and_id_of_somebody_known_are_kept(bring):
    text = "id,email,first_name\n7,ada@a.example,Ada\n7,ada@home.example,\n"
    assert (bring("lead", text).created, bring("lead", text).unchanged) == (1, 2)
    known = LeadIdentity.objects.values_list("value_norm", flat=True)
    assert set(known) == {"import:7", "ada@a.example", "ada@home.example"}
    assert Lead.objects.get().email == "ada@a.example"


def test_an_id_that_comes_later_finds_the_person_of_the_address(bring):
    bring("lead", "email\nada@a.example\n")
    assert bring("lead", "id,email\n7,ada@a.example\n").updated == 1
    assert bring("lead", "id,city\n7,Ulm\n").updated == 1
    assert Lead.objects.get().city == "Ulm"


def test_by_phone_a_person_is_found_whatever_her_address(bring):
    lead = a_lead("ada@a.example", phone=PHONE)
    done = bring("lead", f"phone,email,city\n{PHONE},,Ulm\n", choices={"match": "phone"})
    lead.refresh_from_db()
    assert (done.updated, lead.city) == (1, "Ulm")


def test_a_phone_written_in_two_ways_is_one_person(bring):
    text = f"phone,country,last_name,city\n{PHONE},DE,Byron,\n030 1234567,DE,Byron,Ulm\n"
    done = bring("lead", text, choices={"match": "phone"})
    assert (done.created, done.updated, Lead.objects.get().city) == (1, 1, "Ulm")


def test_a_phone_that_several_share_is_rejected(bring):
    a_lead("ada@a.example", phone=PHONE)
    a_lead("bo@a.example", phone=PHONE)
    done = bring("lead", f"phone\n{PHONE}\n", choices={"match": "phone"})
    assert done.failed == 1
    assert "Several people" in done.rows.get().reason


def test_by_id_alone_an_address_of_another_is_rejected(bring):
    a_lead("ada@a.example")
    done = bring("lead", "id,email\n7,ada@a.example\n", choices={"match": "external_id"})
    assert (done.failed, Lead.objects.count()) == (1, 1)


def test_a_match_needs_its_column(bring):
    with pytest.raises(Invalid, match="Phone"):
        bring("lead", "email\nada@a.example\n", choices={"match": "phone"})


def test_a_match_that_nobody_knows_is_refused(bring):
    with pytest.raises(Invalid, match="email"):
        bring("lead", "email\nada@a.example\n", choices={"match": "city"})


def test_people_of_one_domain_are_in_one_company(bring):
    a_company("Acme", domain="acme.example")
    text = "email,company\na@acme.example,\nb@acme.example,Acme Inc\nc@new.example,New\nd@gmail.com,New\n"
    bring("lead", text)
    names = Lead.objects.order_by("pk").values_list("company__name", flat=True)
    assert list(names) == ["Acme", "Acme", "New", "New"]


def test_an_owner_of_the_file_owns_from_the_start_and_it_is_told(bring, bob, drain_events):
    bring("lead", f"email,owner,created\nada@a.example,{bob.name},2020-01-02\n")
    lead = Lead.objects.get()
    assert (lead.owner, lead.assigned_at, lead.version) == (bob, lead.created_at, 1)
    assert lead.team in bob.teams.all()
    drain_events()
    lead.refresh_from_db()
    assert lead.owner == User.objects.get(pk=bob.pk)


def test_many_known_people_are_filled_in_one_set(bring, django_assert_max_num_queries):
    bring("lead", "email\n" + "".join(f"p{n}@x.example\n" for n in range(60)))
    rows = "".join(f"p{n}@x.example,Ulm {n}\n" for n in range(60))
    with django_assert_max_num_queries(60):
        done = bring("lead", f"email,city\n{rows}")
    assert done.updated == 60
    assert Lead.objects.get(email="p7@x.example").city == "Ulm 7"

"""Who may be one person twice: proposed with reasons, within blocks, and not again once told apart."""

import pytest

from leadflow.errors import Conflict
from leadflow.models import Twin
from leadflow.runs import leasing, working
from leadflow.services import duplicates, leads, merging
from tests.factories.core import a_company, a_lead

pytestmark = pytest.mark.django_db
EVERYBODY = {"first": 0, "last": 10**12}


def pairs():
    return [(t.one_id, t.two_id, t.score) for t in Twin.objects.order_by("-score", "pk")]


def called(first, last, **more):
    return a_lead(first_name=first, last_name=last, **more)


def test_a_shared_phone_and_a_like_name_make_a_pair_with_its_reasons():
    one = called("Jon", "Smith", phone="+4930123456")
    two = called("John", "Smith", phone="+4930123456")

    duplicates.find(**EVERYBODY)

    twin = Twin.objects.get()
    assert (twin.one_id, twin.two_id) == (one.pk, two.pk)
    assert (twin.same_phone, twin.same_company) == (True, False)
    assert twin.score > 90


def test_a_like_name_at_one_company_makes_a_pair():
    company = a_company("Acme")
    one, two = (called("Anna", name, company=company) for name in ("Meyer", "Meyers"))

    duplicates.find(**EVERYBODY)

    assert [pair[:2] for pair in pairs()] == [(one.pk, two.pk)]


def test_colleagues_namesakes_elsewhere_and_a_shared_desk_phone_are_no_pair():
    company = a_company("Acme")
    called("Anna", "Meyer", company=company, phone="+4930123456")
    called("Otto", "Kurz", company=company)
    called("Anna", "Meyer", company=a_company("Zeta"))
    called("Quentin", "Xavier", phone="+4930123456")

    duplicates.find(**EVERYBODY)

    assert pairs() == []


def test_who_was_told_apart_is_not_proposed_again(alice):
    for _n in range(2):
        called("Jo", "Doe", phone="+4930123456")
    duplicates.find(**EVERYBODY)
    duplicates.tell_apart(twin=Twin.objects.get(), by=alice)

    duplicates.find(**EVERYBODY)

    assert not Twin.objects.visible_to(alice).exists()


def test_a_crowd_says_nothing(monkeypatch):
    monkeypatch.setattr(duplicates, "CROWD", 2)
    for _n in range(3):
        called("Jo", "Doe", phone="+4930123456")

    duplicates.find(**EVERYBODY)

    assert pairs() == []


def test_looking_is_one_statement_however_many_there_are(django_assert_num_queries):
    for _n in range(5):
        called("Jo", "Doe", phone="+4930123456")

    with django_assert_num_queries(3):  # two of them the savepoint
        assert duplicates.find(**EVERYBODY) == 10


def test_the_run_walks_all_leads_and_one_goes_at_a_time(alice, monkeypatch):
    people = [called("Jo", "Doe", phone="+4930123456") for _n in range(2)]
    monkeypatch.setattr(duplicates, "SLICE", people[0].pk)  # the second stands in another slice
    run = duplicates.look(by=alice)
    with pytest.raises(Conflict):
        duplicates.look(by=alice)

    working.execute(leasing.claim(heavy=True, run_id=run.pk))

    run.refresh_from_db()
    assert (run.state, run.result["found"]) == (
        "done",
        2,
    )  # from either side: one pair, written twice
    assert len(pairs()) == 1


def test_merged_and_trashed_people_leave_the_queue(alice):
    one, two, three = (called("Jo", "Doe", phone="+4930123456") for _n in range(3))
    duplicates.find(**EVERYBODY)
    merging.merge(survivor=one, loser=two, by=None)
    leads.trash_many(lead_ids=[three.pk], by=None)

    assert not Twin.objects.visible_to(alice).exists()
    assert duplicates.forget_settled() == 3


def test_the_queue_shows_pairs_and_takes_the_word_that_they_differ(client, alice, bob):
    called("Jon", "Smith", phone="+4930123456")
    called("John", "Smith", phone="+4930123456")
    duplicates.find(**EVERYBODY)
    client.force_login(alice)
    assert "same phone" in client.get("/leads/duplicates/").content.decode()

    client.post(f"/leads/duplicates/{Twin.objects.get().pk}/apart/")

    assert "Nobody is here twice" in client.get("/leads/duplicates/").content.decode()

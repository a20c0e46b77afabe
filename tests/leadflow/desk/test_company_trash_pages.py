"""Throwing companies away on screen: the question first, the toast that takes it back, and the trash."""

import re
from datetime import timedelta

import pytest
import time_machine

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Company
from leadflow.services import company_trash, undoing
from tests.factories.core import NOON, a_company, a_lead
from tests.factories.pipeline import customer as a_customer
from tests.factories.pipeline import deal as a_deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_mia(client, mia):
    client.force_login(mia)
    return client


@pytest.fixture
def acme(db):
    return a_company("Acme", domain="acme.example")


def after(client, url, values=None):
    """The page on which a person stands after the POST."""
    return client.get(client.post(url, values)["Location"]).content.decode()


def page_of(client, url, values=None):
    answer = client.get(url) if values is None else client.post(url, values)
    assert answer.status_code == 200
    return answer.content.decode()


def living():
    return set(Company.objects.living())


def test_a_company_is_thrown_away_from_its_page_and_taken_back_from_the_toast(as_mia, acme):
    assert "Delete this company?" in page_of(as_mia, f"/companies/{acme.pk}/")

    page = after(as_mia, f"/companies/{acme.pk}/trash/")
    assert "Acme is in the trash for 30 days" in page
    assert living() == set()

    url = re.search(r'<form method="post" action="(/companies/trash/undo/[^"]+)"', page)[1]
    assert "1 company is back" in after(as_mia, url)
    assert living() == {acme}


def test_the_toast_of_somebody_else_or_of_long_ago_takes_nothing_back(as_mia, acme, mia, alice):
    page = after(as_mia, f"/companies/{acme.pk}/trash/")
    url = re.search(r'<form method="post" action="(/companies/trash/undo/[^"]+)"', page)[1]

    as_mia.force_login(alice)
    others = as_mia.post(url)
    as_mia.force_login(mia)
    with time_machine.travel(clock.now() + undoing.UNDO_FOR + timedelta(seconds=2), tick=False):
        late = as_mia.post(url)

    assert (late.status_code, others.status_code) == (409, 422)
    assert living() == set()


def test_one_that_has_to_stay_is_refused_with_what_to_do(as_mia, acme, mia):
    a_deal(mia, company=acme)

    answer = as_mia.post(f"/companies/{acme.pk}/trash/")

    assert answer.status_code == 409
    assert "Close them or move them to another company first" in answer.content.decode()
    assert living() == {acme}


def test_many_are_counted_first_and_those_that_stay_are_named(as_mia, acme, mia):
    bought, dealing = a_company("Bought"), a_company("Dealing")
    a_customer(company=bought)
    a_deal(mia, company=dealing)
    ids = [acme.pk, bought.pk, dealing.pk]

    page = page_of(as_mia, "/companies/trash/many/", {"ids": ids, "query": ""})
    assert "1 company goes to the trash" in page
    assert "1 stays because it is or was a customer" in page
    assert "1 stays because it has open deals" in page
    assert living() == {acme, bought, dealing}

    told = after(as_mia, "/companies/trash/many/", {"ids": ids, "query": "", "sure": "1"})
    assert "1 company is in the trash for 30 days. 1 stays because" in told
    assert living() == {bought, dealing}


def test_all_of_a_filtered_list_are_asked_about_and_thrown_away(as_mia, acme):
    other = a_company("Lumen")
    values = {"all": "1", "query": "q=acme", "next": "/companies/?q=acme"}

    page = page_of(as_mia, "/companies/trash/many/", values)
    assert 'name="query" value="q=acme"' in page
    answer = as_mia.post("/companies/trash/many/", values | {"sure": "1"})

    assert answer["Location"] == "/companies/?q=acme"
    assert living() == {other}


def test_where_none_may_go_there_is_nothing_to_confirm(as_mia, acme):
    a_customer(company=acme)

    page = page_of(as_mia, "/companies/trash/many/", {"ids": [acme.pk], "query": ""})

    assert "None of these companies can go to the trash" in page
    assert "Delete 1 company" not in page


def test_its_page_says_since_when_it_is_in_the_trash_and_lets_it_out(as_mia, acme, mia):
    a_lead(company=acme)
    company_trash.trash_many(company_ids=[acme.pk], by=mia, at=NOON)

    page = page_of(as_mia, f"/companies/{acme.pk}/")
    assert "In the trash since" in page
    assert mia.name in page.partition("Put there by")[2]
    page = after(as_mia, f"/companies/{acme.pk}/restore/")

    assert "Back, as it was" in page
    assert living() == {acme}
    assert Event.objects.get(kind=Kind.COMPANY_RESTORED).actor_id == mia.pk


def test_who_may_not_take_it_out_is_told_who_may(client, bob, acme):
    company_trash.trash_many(company_ids=[acme.pk], by=None)
    client.force_login(bob)

    page = page_of(client, f"/companies/{acme.pk}/")

    assert "A manager can take it out of the trash" in page
    assert "Take out of the trash" not in page
    assert client.post(f"/companies/{acme.pk}/restore/").status_code == 403
    assert client.get(f"/companies/{acme.pk}/edit/").status_code == 404


def test_the_trash_lists_companies_and_is_linked_from_both_lists(as_mia, acme):
    assert "Deleted companies wait here" in page_of(as_mia, "/companies/trash/")
    assert 'href="/companies/trash/"' in page_of(as_mia, "/companies/")
    assert 'href="/companies/trash/"' in page_of(as_mia, "/leads/trash/")

    company_trash.trash_many(company_ids=[acme.pk], by=None)

    assert "acme.example" in page_of(as_mia, "/companies/trash/")


def test_abuse_E02_who_may_not_edit_companies_throws_none_away_and_takes_none_out(
    client, bob, acme
):
    client.force_login(bob)

    thrown = client.post(f"/companies/{acme.pk}/trash/")
    many = client.post("/companies/trash/many/", {"ids": [acme.pk]})
    assert {thrown.status_code, many.status_code} <= {403, 404}
    company_trash.trash_many(company_ids=[acme.pk], by=None)
    taken = client.post(f"/companies/{acme.pk}/restore/")

    assert taken.status_code in (403, 404)
    acme.refresh_from_db()
    assert acme.deleted_at


@pytest.mark.parametrize("forged", ["x", "0", "9" * 30, "-1", ""])
def test_abuse_E09_forged_ids_throw_nothing_away(as_mia, acme, forged):
    as_mia.post("/companies/trash/many/", {"ids": [forged]})

    assert living() == {acme}


def test_adding_a_company_with_its_domain_brings_it_back(as_mia, acme, mia):
    company_trash.trash_many(company_ids=[acme.pk], by=None)

    page = after(as_mia, "/companies/new/", {"name": "Acme", "domain": "acme.example"})

    assert "It was in the trash and is back" in page
    assert living() == {acme}
    fact = Event.objects.get(kind=Kind.COMPANY_RESTORED)
    assert (fact.actor_id, fact.data["reason"]) == (mia.pk, company_trash.ADDED)
    page = page_of(as_mia, f"/companies/{acme.pk}/story/")
    assert "put the company in the trash" in page
    assert "Somebody added a company with its domain" in page


def test_a_company_that_cannot_be_added_leaves_nothing_behind(as_mia, acme):
    answer = as_mia.post("/companies/new/", {"name": "Other", "domain": "acme.example"})

    assert answer.status_code == 422
    assert "Acme has this domain" in answer.content.decode()
    assert living() == {acme}


def test_a_domain_is_found_in_the_trash_however_it_is_typed(as_mia, acme):
    company_trash.trash_many(company_ids=[acme.pk], by=None)

    page = after(
        as_mia, "/companies/new/", {"name": "Acme", "domain": "https://www.ACME.example/en"}
    )

    assert "It was in the trash and is back" in page
    assert living() == {acme}

"""The lists of companies and customers: taken out as a file, and searched without losing the filters."""

import re

import pytest

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.services import customers
from tests.factories.core import NOON, a_company, a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_mia(client, mia):
    client.force_login(mia)
    return client


@pytest.fixture
def both(db):
    return [
        a_company("Acme", domain="acme.example", industry="Steel", size=40),
        a_company("Lumen", domain="lumen.example", industry="Solar", size=900),
    ]


def body_of(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def wins(lead=None, company=None, **more):
    return customers.start(lead=lead, company=company, won_by="deal:1", by=None, at=NOON, **more)


def exported():
    return [event.data for event in Event.objects.filter(kind=Kind.DATA_EXPORTED)]


def test_the_list_of_companies_is_exported_as_it_is_filtered_and_that_is_on_record(as_mia, both):
    body = body_of(as_mia.post("/companies/export/?q=lumen"))

    assert "Lumen,lumen.example,Solar,900" in body
    assert "Acme" not in body
    assert exported() == [{"what": "companies", "rows": 1}]


def test_the_picked_companies_alone_are_exported(as_mia, both):
    body = body_of(as_mia.post("/companies/export/", {"ids": [both[0].pk], "query": ""}))

    assert "Acme" in body
    assert "Lumen" not in body


def test_abuse_G01_an_exported_company_is_no_formula(as_mia):
    a_company("=cmd|'/C calc'!A0", domain="calc.example")

    body = body_of(as_mia.post("/companies/export/"))

    assert "'=cmd" in body
    assert ",=cmd" not in body


def test_customers_are_exported_with_what_they_are_worth(as_mia, both):
    wins(company=both[1])

    body = body_of(as_mia.post("/customers/export/"))

    assert "Lumen" in body
    assert "Acme" not in body
    assert exported() == [{"what": "customers", "rows": 1}]


def test_abuse_E04_a_customer_out_of_reach_is_not_exported(as_mia, carl):
    wins(lead=a_lead("zoe@gmail.com", last_name="Foreign", owner=carl))

    assert "Foreign" not in body_of(as_mia.post("/customers/export/"))


@pytest.mark.parametrize("role", ["bob", "max", "vera"])
def test_who_may_not_take_lists_out_is_offered_no_export(client, request, both, role):
    client.force_login(request.getfixturevalue(role))

    assert client.post("/companies/export/").status_code == 403
    assert "/companies/export/" not in client.get("/companies/").content.decode()


def test_an_export_of_leads_says_how_many_rows_left(as_mia, mia):
    a_lead(owner=mia)
    a_lead("two@acme.example", owner=mia)

    body_of(as_mia.post("/leads/export/"))

    assert exported() == [{"what": "leads", "rows": 2}]


@pytest.mark.parametrize("page", ["/companies/", "/customers/"])
def test_searching_keeps_the_filters_and_columns(as_mia, both, page):
    wins(company=both[0])
    query = "?state=active&cols=name" if page == "/customers/" else "?cols=name"

    form = as_mia.get(page + query).content.decode().split('role="search"')[1].split("</form>")[0]

    assert 'name="cols" value="name"' in form
    assert ('name="state" value="active"' in form) is (page == "/customers/")


@pytest.mark.parametrize("page", ["/companies/{}/", "/customers/{}/"])
def test_the_page_of_a_company_of_the_demo_carries_the_badge(as_mia, page):
    acme = a_company("Acme", domain="acme.example", origin="demo")
    customer = wins(company=acme, origin="demo")
    known = a_company("Known", domain="known.example")

    said = as_mia.get(page.format(acme.pk if "companies" in page else customer.pk)).content.decode()

    assert ">demo</" in said
    assert ">demo</" not in as_mia.get(f"/companies/{known.pk}/").content.decode()


@pytest.mark.parametrize("page", ["/companies/", "/customers/"])
def test_on_a_phone_each_place_of_a_row_is_taken_once(as_mia, both, page):
    wins(company=both[0])
    rows = re.findall(r"<tr data-row.*?</tr>", as_mia.get(page).content.decode(), re.DOTALL)
    assert rows
    for row in rows:
        places = re.findall(r"lf-cell-[1-4]", row)
        assert len(places) == len(set(places)) > 2

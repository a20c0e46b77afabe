"""Which companies show buying intent: told of them or of their people, with or without leads."""

import re
from datetime import timedelta

import pytest

from leadflow.kit import clock
from leadflow.models import Company, CompanySignal, Lead
from leadflow.services import intent
from tests.factories.core import a_company, a_lead

pytestmark = pytest.mark.django_db
PAGE = "/companies/intent/"


def told(key, *, days=1, topic="roofs", provider="G2", confidence=0.6, **about):
    report = intent.Report(
        key=key, at=clock.now() - timedelta(days=days), topic=topic, provider=provider,
        confidence=confidence, **about,
    )  # fmt: skip
    [heard] = intent.hear([report], source="import")
    return heard


def rows_of(client, query=""):
    page = client.get(f"{PAGE}?{query}")
    assert page.status_code == 200
    return [row.name for row in page.context["page"].rows]


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def as_max(client, max):
    client.force_login(max)
    return client


def test_a_company_shows_what_it_looks_for_who_told_it_and_how_sure(as_max):
    a_company("Acme", domain="acme.example")
    told("1", domain="acme.example", confidence=0.4)
    told("2", domain="acme.example", topic="pumps", provider="Bombora", confidence=0.85)

    words = text_of(as_max.get(PAGE))

    assert "Acme pumps roofs 85 % Bombora, G2 2" in words
    assert "nobody yet" in words


def test_what_was_told_of_a_person_stands_with_her_company(as_max):
    a_lead("ada@acme.example")
    told("1", email="ada@acme.example")

    words = text_of(as_max.get(PAGE))

    assert "2 , 1 about a person" in words or "1 about a person" in words
    assert not CompanySignal.objects.exists()


def test_a_rep_is_not_told_of_people_she_may_not_see(client, bob, carl):
    a_lead("ada@acme.example", owner=carl)
    told("1", email="ada@acme.example")
    client.force_login(bob)

    assert rows_of(client) == []


def test_old_reports_are_found_by_a_longer_time(as_max):
    a_company("Acme", domain="acme.example")
    told("1", domain="acme.example", days=60)

    assert (rows_of(as_max), rows_of(as_max, "days=90")) == ([], ["Acme"])


def test_provider_and_confidence_are_asked_of_the_same_report(as_max):
    a_company("Acme", domain="acme.example")
    told("1", domain="acme.example", provider="G2", confidence=0.3)
    told("2", domain="acme.example", provider="Bombora", confidence=0.9)

    assert rows_of(as_max, "provider=Bombora&sure=0.75") == ["Acme"]
    assert rows_of(as_max, "provider=G2&sure=0.75") == []


def test_companies_where_nobody_is_known_are_found_alone(as_max):
    a_company("Alone", domain="alone.example")
    a_lead("ada@acme.example")
    told("1", domain="alone.example")
    told("2", domain="acme.example")

    assert rows_of(as_max, "people=none") == ["Alone"]
    assert rows_of(as_max, "people=some") == ["Acme"]


def test_the_latest_told_stands_first(as_max):
    for name, days in (("old", 9), ("new", 1), ("mid", 4)):
        a_company(name.title(), domain=f"{name}.example")
        told(name, domain=f"{name}.example", days=days)

    assert rows_of(as_max) == ["New", "Mid", "Old"]


def test_a_buyer_nobody_knew_becomes_a_company_where_the_report_may_make_one():
    assert told("1", domain="www.stranger.example").company_id is None

    heard = told("1", domain="www.stranger.example", makes_company=True, company="Stranger Ltd")

    company = Company.objects.get()
    assert (heard.company_id, company.name, company.domain) == (
        company.pk, "Stranger Ltd", "stranger.example",
    )  # fmt: skip
    assert not Lead.objects.exists()


def test_a_domain_where_anybody_has_an_address_makes_no_company():
    told("1", domain="gmail.com", makes_company=True, company="Anybody")

    assert not Company.objects.exists()


def test_the_list_asks_as_often_however_many_companies_there_are(
    as_max, django_assert_max_num_queries
):
    for number in range(8):
        a_company(f"Firm {number}", domain=f"firm{number}.example")
        told(str(number), domain=f"firm{number}.example")
    as_max.get(PAGE)

    with django_assert_max_num_queries(16):
        as_max.get(PAGE)

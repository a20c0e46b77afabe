"""Target companies: who is one, how warm its people are together, whom we know, and what is missing."""

import re
from datetime import timedelta

import pytest

from leadflow.conditions import sql
from leadflow.conditions.language import parse
from leadflow.history.models import FieldChange
from leadflow.kit import clock
from leadflow.models import Company, Lead, LeadScore
from leadflow.services import activities, companies, leads
from leadflow.web.rules import catalogue_for
from tests.factories.core import a_company, a_lead

pytestmark = pytest.mark.django_db
PAGE = "/companies/targets/"


@pytest.fixture
def as_max(client, max):
    client.force_login(max)
    return client


@pytest.fixture
def acme(db):
    return a_company("Acme", domain="acme.example", tier="1")


def scored(email, engagement=0, fit=0, **fields):
    lead = a_lead(email, **fields)
    LeadScore.objects.filter(lead=lead).update(engagement=engagement, fit=fit)
    return lead


def rows_of(client, query=""):
    return {row.name: row for row in client.get(f"{PAGE}?{query}").context["page"].rows}


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_account_score_is_everybodys_engagement_and_the_best_fit(as_max, acme):
    scored("ada@acme.example", engagement=12, fit=40)
    scored("bob@acme.example", engagement=30, fit=70)
    gone = scored("eve@acme.example", engagement=500, fit=90)
    leads.trash_many(lead_ids=[gone.pk], by=None)

    assert rows_of(as_max)["Acme"].score == 12 + 30 + 70


def test_the_receipt_says_who_brought_how_much_and_adds_up(as_max, acme):
    scored("ada@acme.example", engagement=12, fit=40)
    scored("bob@acme.example", engagement=30, fit=70)

    account = as_max.get(acme.get_absolute_url()).context["account"]

    assert account.score == sum(one.engagement for one in account.shares) + account.fit == 112
    assert [one.lead.email for one in account.shares if one.is_best_fit] == ["bob@acme.example"]


def test_the_people_of_other_teams_count_and_are_not_named(client, bob, carl, acme):
    scored("ada@acme.example", engagement=12, owner=carl)
    client.force_login(bob)

    account = client.get(acme.get_absolute_url()).context["account"]

    assert (account.score, account.shares, account.hidden) == (12, [], 1)


def test_a_company_says_whom_we_know_and_what_is_missing(as_max, acme, bob):
    a_lead("ada@acme.example", seniority="staff")
    a_company("Empty", domain="empty.example", tier="2")
    full = a_company("Full", domain="full.example", tier="3", owner=bob)
    chief = a_lead("eve@full.example", seniority="chief")
    activities.log(
        kind="call", subject="Rang", lead=chief, by=bob, at=clock.now() - timedelta(days=2)
    )

    words = text_of(as_max.get(f"{PAGE}?cols=people,gaps"))

    assert "1 of the staff nobody who decides no owner quiet 30 days" in words
    assert "0 nobody known no owner" in words
    assert "1 chief officer –" in words
    assert full.owner == bob


def test_the_list_is_found_by_gap_tier_and_owner(as_max, acme):
    a_lead("ada@acme.example", seniority="staff")
    a_company("Empty", domain="empty.example", tier="2")
    a_company("No target", domain="none.example")

    assert set(rows_of(as_max)) == {"Acme", "Empty"}
    assert set(rows_of(as_max, "gap=nobody")) == {"Empty"}
    assert set(rows_of(as_max, "gap=decider")) == {"Acme"}
    assert set(rows_of(as_max, "tier=2")) == {"Empty"}


def test_picked_companies_become_targets_with_their_history(as_max, max):
    one, two = a_company("One"), a_company("Two")

    as_max.post("/companies/tier/", {"ids": [one.pk, two.pk], "tier": "2", "next": PAGE})

    assert set(Company.objects.filter(tier="2")) == {one, two}
    change = FieldChange.objects.filter(object_type="leadflow.company", field="tier").first()
    assert (change.old, change.new, change.by_id) == ("", "2", max.pk)


def test_all_that_match_a_rule_become_targets(as_max):
    big = a_company("Big", size=900)
    a_company("Small", size=3)
    rule = '{"all": [{"field": "company.size", "op": "at_least", "value": 100}]}'

    as_max.post("/companies/tier/", {"all": "1", "query": f"rule={rule}", "tier": "1"})

    assert list(Company.objects.filter(tier="1")) == [big]


def test_a_tier_that_is_none_is_refused(as_max):
    company = a_company("One")

    answer = as_max.post("/companies/tier/", {"ids": [company.pk], "tier": "9"})

    assert answer.status_code == 422 or answer.status_code == 302
    assert Company.objects.get().tier == ""


def test_the_way_back_leads_nowhere_else(as_max):
    company = a_company("One")
    body = {"ids": [company.pk], "tier": "1", "next": "https://evil.example/"}

    assert as_max.post("/companies/tier/", body)["Location"] == PAGE


def test_rules_ask_for_the_tier_and_the_account_score_of_a_leads_company(max, acme):
    ada = scored("ada@acme.example", engagement=50)
    scored("eve@else.example", engagement=90)

    def found(*conditions):
        rule = parse({"all": list(conditions)}, catalogue_for(max, "lead"))
        return list(Lead.objects.filter(sql.where(rule, at=clock.now())))

    assert found({"field": "company.tier", "op": "is", "value": "1"}) == [ada]
    assert ada in found({"field": "company.account_score", "op": "at_least", "value": 50})
    assert ada not in found({"field": "company.account_score", "op": "at_least", "value": 60})


def test_a_merged_company_keeps_the_tier_of_the_other(max):
    from leadflow.services import company_merging

    kept, gone = a_company("Kept"), a_company("Gone", tier="1")
    company_merging.merge(survivor=kept, loser=gone, by=max)

    assert Company.objects.get(pk=kept.pk).tier == "1"


def test_the_page_of_a_lead_says_how_her_company_was_found(client, alice, acme):
    client.force_login(alice)
    ada = a_lead("ada@acme.example")
    by_name = a_lead("x@gmail.com", company=acme)

    assert "by the address, @acme.example" in text_of(client.get(ada.get_absolute_url()))
    assert "by the name of the company" in text_of(client.get(by_name.get_absolute_url()))


def test_a_lead_at_the_wrong_company_is_moved_by_one_press(client, alice, acme):
    client.force_login(alice)
    ada = a_lead("ada@acme.example")
    leads.update(ada, values={"company": a_company("Other")}, by=alice)
    page = client.get(ada.get_absolute_url())
    assert "The address says that they work at Acme." in text_of(page)
    assert f"set by {alice.name}" in text_of(page)

    client.post(f"/leads/{ada.pk}/company/", {"company": acme.pk})

    assert Lead.objects.get().company == acme


def test_a_lead_is_taken_off_a_company_and_to_no_other_than_that_of_her_address(
    client, alice, acme
):
    client.force_login(alice)
    ada = a_lead("ada@acme.example")
    other = a_company("Other")

    client.post(f"/leads/{ada.pk}/company/", {"company": other.pk})
    assert Lead.objects.get().company == acme
    client.post(f"/leads/{ada.pk}/company/", {"company": "none"})

    assert Lead.objects.get().company is None


def test_the_list_asks_as_often_however_many_companies_there_are(
    as_max, django_assert_max_num_queries
):
    for number in range(6):
        a_company(f"Firm {number}", domain=f"firm{number}.example", tier="1")
        a_lead(f"ada@firm{number}.example")
    as_max.get(PAGE)

    with django_assert_max_num_queries(16):
        as_max.get(PAGE)


def test_a_company_is_changed_by_its_form_and_by_its_service(as_max, max):
    company = a_company("One")
    companies.update(company, values={"tier": "3"}, by=max)

    assert "Tier 3" in text_of(as_max.get(company.get_absolute_url()))


def test_the_people_of_a_target_are_told_by_their_rank(as_max, acme):
    for number, rank in enumerate(["manager", "manager"]):
        a_lead(f"m{number}@acme.example", seniority=rank)
    people = f"{PAGE}?cols=people"
    assert ">2 managers</a>" in as_max.get(people).content.decode()

    a_lead("cy@acme.example", seniority="chief")
    a_lead("dee@acme.example")

    words = text_of(as_max.get(people))
    assert "4 : 1 chief officer, 2 managers, 1 unknown" in words

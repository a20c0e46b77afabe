"""Who is known at a company by buying role, which roles are missing, and what is done about it."""

import re
from datetime import timedelta

import pytest

from leadflow.desk import coverage
from leadflow.kit import clock
from leadflow.models import AccountScore, Activity, Company, Lead, LeadScore
from leadflow.services import accounts, companies, leads
from pipeline.services import deals, roles
from qualification.models import BantAnswer
from qualification.services import bant
from tests.factories.core import a_company, a_lead
from tests.factories.pipeline import deal, stage

pytestmark = pytest.mark.django_db
PAGE = "/companies/targets/"


@pytest.fixture
def acme(db):
    return a_company("Acme", domain="acme.example", tier="1")


@pytest.fixture
def ada(acme, bob):
    return a_lead("ada@acme.example", owner=bob, first_name="Ada", last_name="Ames")


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def decides(lead, role, confidence=BantAnswer.Confidence.HIGH):
    bant.answer(lead=lead, letter="authority", value=role, by=None, confidence=confidence)


def names(covered, role):
    return [one.lead.first_name if one.lead else "" for one in covered.held.get(role, [])]


def rows_of(client, query=""):
    return [row.name for row in client.get(f"{PAGE}?{query}").context["page"].rows]


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- who is known as what ---


def test_a_role_is_known_from_a_deal_and_from_what_a_person_may_decide(acme, ada, bob):
    roles.give(deal=deal(bob, company=acme), lead=ada, role="champion", by=bob)
    eve = a_lead("eve@acme.example", owner=bob, first_name="Eve")
    decides(eve, "economic_buyer")

    covered = coverage.of_company(acme, bob)

    assert names(covered, "champion") == ["Ada"]
    assert names(covered, "economic_buyer") == ["Eve"]
    assert [str(role) for role in covered.gaps] == ["decision_maker", "user"]
    assert (covered.known, covered.wanted) == (2, 4)


def test_a_person_known_by_both_ways_is_named_once(acme, ada, bob):
    roles.give(deal=deal(bob, company=acme), lead=ada, role="champion", by=bob)
    decides(ada, "champion")

    assert names(coverage.of_company(acme, bob), "champion") == ["Ada"]


def test_whoever_says_so_herself_is_marked(acme, ada, bob, as_bob):
    decides(ada, "decision_maker", BantAnswer.Confidence.LOW)

    assert not coverage.of_company(acme, bob).held["decision_maker"][0].is_sure
    assert "Ada Ames?" in text_of(as_bob.get(PAGE))


def test_people_of_other_teams_fill_a_role_and_are_not_named(acme, bob, carl, as_bob):
    theirs = a_lead("ada@acme.example", owner=carl, first_name="Ada")
    decides(theirs, "champion")

    assert names(coverage.of_company(acme, bob), "champion") == [""]
    page = as_bob.get(acme.get_absolute_url())
    assert "Somebody of another team" in text_of(page)
    assert b"Ada" not in page.content


def test_who_is_gone_fills_no_role(acme, ada, bob):
    decides(ada, "champion")
    leads.trash_many(lead_ids=[ada.pk], by=None)

    assert coverage.of_company(acme, bob).held == {}


def test_who_works_elsewhere_now_covers_nobody_here(acme, ada, bob):
    decides(ada, "champion")
    leads.update(ada, values={"company": a_company("Other")}, by=bob)

    assert coverage.of_company(acme, bob).held == {}


def test_only_the_present_cycle_of_a_person_tells(acme, ada, bob):
    decides(ada, "champion")
    leads.disqualify_many(lead_ids=[ada.pk], reason="left", by=bob)
    leads.reopen_many(lead_ids=[ada.pk], by=bob)

    assert coverage.of_company(acme, bob).held == {}


# --- the list ---


def test_the_list_is_found_by_the_missing_role_and_by_stage(acme, ada, bob, as_bob):
    a_company("Empty", tier="2")
    decides(ada, "economic_buyer")

    assert rows_of(as_bob, "gap=economic_buyer") == ["Empty"]
    assert set(rows_of(as_bob, "gap=champion")) == {"Acme", "Empty"}
    assert rows_of(as_bob, "stage=lead") == ["Acme"]
    assert rows_of(as_bob, "stage=none") == ["Empty"]


def test_a_role_in_a_deal_closes_the_gap_in_the_filter_too(acme, ada, bob, as_bob):
    roles.give(deal=deal(bob, company=acme), lead=ada, role="champion", by=bob)

    assert rows_of(as_bob, "gap=champion") == []


def test_who_decides_by_role_is_not_missed_by_rank(acme, ada, as_bob):
    assert rows_of(as_bob, "gap=decider") == ["Acme"]

    decides(ada, "decision_maker")

    assert rows_of(as_bob, "gap=decider") == []


def test_the_stage_of_a_company_is_its_furthest_person_deal_or_purchase(acme, ada, bob, as_bob):
    open_one = deal(bob, company=acme, name="Roof", stage=stage("Proposal"))

    assert rows_of(as_bob, "stage=opportunity") == ["Acme"]
    assert "Proposal" in text_of(as_bob.get(PAGE))
    deals.win(open_one, amount=100, by=bob)
    assert rows_of(as_bob, "stage=customer") == ["Acme"]


def test_a_deal_out_of_reach_tells_no_stage(acme, carl, as_bob):
    deal(carl, company=acme, name="Secret", stage=stage("Proposal"))

    assert "Proposal" not in text_of(as_bob.get(PAGE))
    assert rows_of(as_bob, "stage=opportunity") == []


def test_every_gap_leads_to_where_it_is_filled(acme, as_bob, client, vera):
    door = f"/companies/{acme.pk}/roles/champion/"
    assert door in as_bob.get(PAGE).content.decode()

    client.force_login(vera)

    assert door not in client.get(PAGE).content.decode()


def test_the_list_costs_the_same_however_many_companies_and_roles(
    as_bob, bob, django_assert_max_num_queries
):
    for number in range(8):
        firm = a_company(f"Firm {number}", domain=f"firm{number}.example", tier="1")
        lead = a_lead(f"ada@firm{number}.example", owner=bob)
        decides(lead, "champion")
        roles.give(deal=deal(bob, company=firm), lead=lead, role="user", by=bob)
    as_bob.get(PAGE)

    with django_assert_max_num_queries(20):
        as_bob.get(PAGE)


# --- the score day by day ---


def test_the_score_of_targets_is_kept_once_a_day(acme, ada):
    a_company("No target")
    LeadScore.objects.filter(lead=ada).update(engagement=10, fit=30)

    assert accounts.keep_scores() == 1
    LeadScore.objects.filter(lead=ada).update(engagement=90)
    assert accounts.keep_scores() == 0

    assert [row.score for row in AccountScore.objects.all()] == [40]


def test_scores_older_than_a_year_and_a_month_go(acme):
    old = clock.now().date() - timedelta(days=500)
    AccountScore.objects.create(company=acme, on=old, score=5)

    accounts.keep_scores()

    assert not AccountScore.objects.filter(on=old).exists()


def test_the_change_is_against_a_month_ago(acme, ada, as_bob):
    LeadScore.objects.filter(lead=ada).update(engagement=10, fit=30)
    today = clock.now().date()
    for days, score in ((90, 1), (31, 25), (5, 39)):
        AccountScore.objects.create(company=acme, on=today - timedelta(days=days), score=score)

    page = as_bob.get(f"{PAGE}?sort=-change")

    assert page.context["page"].rows[0].change == 15
    assert "+15" in text_of(page)


def test_a_company_that_is_new_here_has_no_change_yet(acme, ada, as_bob):
    accounts.keep_scores()

    assert as_bob.get(PAGE).context["page"].rows[0].change is None


def test_a_merge_of_companies_leaves_past_scores_where_they_were(acme, alice):
    from leadflow.services import company_merging

    other = a_company("Acme AG", tier="2")
    accounts.keep_scores()
    company_merging.merge(survivor=acme, loser=other, by=alice)

    assert AccountScore.objects.filter(company=acme).count() == 1


# --- filling a role ---


def fill(client, company, role="champion", **body):
    return client.post(f"/companies/{company.pk}/roles/{role}/", body)


def test_somebody_known_gets_the_role(acme, ada, as_bob):
    answer = fill(as_bob, acme, way="known", **{"known-who": ada.pk})

    assert answer["Location"] == f"{acme.get_absolute_url()}#coverage"
    assert BantAnswer.objects.get(lead=ada, letter="authority").value == "champion"


def test_somebody_new_is_added_at_the_company_in_the_role(acme, as_bob, bob):
    fill(as_bob, acme, way="new", **{"new-first_name": "Zoe", "new-email": "zoe@elsewhere.example"})

    zoe = Lead.objects.get(first_name="Zoe")
    assert (zoe.company, zoe.owner) == (acme, bob)
    assert names(coverage.of_company(acme, bob), "champion") == ["Zoe"]


def test_nobody_is_added_without_a_name(acme, as_bob):
    answer = fill(as_bob, acme, way="new")

    assert answer.status_code == 422
    assert "Enter a name or an email." in text_of(answer)


def test_a_known_address_of_another_team_is_refused_and_nothing_changes(acme, as_bob, carl):
    a_lead("ada@acme.example", owner=carl)

    answer = fill(as_bob, acme, way="new", **{"new-email": "ada@acme.example"})

    assert answer.status_code == 422
    assert not BantAnswer.objects.exists()


def test_a_role_is_taken_back(acme, ada, as_bob, bob):
    decides(ada, "champion")

    fill(as_bob, acme, way="take", lead=ada.pk)

    assert coverage.of_company(acme, bob).held == {}


def test_abuse_E02_nobody_says_what_a_person_out_of_reach_decides(acme, as_bob, carl):
    theirs = a_lead("ada@acme.example", owner=carl)

    assert fill(as_bob, acme, way="known", **{"known-who": theirs.pk}).status_code == 422
    assert fill(as_bob, acme, way="take", lead=theirs.pk).status_code == 404
    assert not BantAnswer.objects.exists()


def test_a_role_that_is_none_is_not_found(acme, as_bob):
    assert as_bob.get(f"/companies/{acme.pk}/roles/king/").status_code == 404


def test_a_to_do_to_find_somebody_is_filled_in(acme, as_bob):
    page = as_bob.get(f"/companies/{acme.pk}/roles/economic_buyer/")
    link = re.search(r'href="(/todos/new/[^"]+)"', page.content.decode()).group(1)

    form = as_bob.get(link.replace("&amp;", "&"))

    assert "Find the economic buyer at Acme" in form.content.decode()


def test_to_dos_for_many_companies_go_to_their_owners(acme, as_bob, bob, mia):
    companies.update(acme, values={"owner": mia}, by=None)
    other = a_company("Other", tier="2")
    body = {"ids": [acme.pk, other.pk], "subject": "Find the champion", "until": "week"}

    as_bob.post("/companies/todo/", body)

    made = {row.company: row.owner for row in Activity.objects.filter(subject=body["subject"])}
    assert made == {acme: mia, other: bob}
    assert set(Company.objects.filter(activities__subject=body["subject"])) == {acme, other}


def test_a_to_do_for_nobody_or_without_words_is_refused(acme, as_bob):
    for body in ({"ids": [acme.pk], "until": "week"}, {"subject": "Find", "until": "week"}):
        assert as_bob.post("/companies/todo/", body).status_code == 422
    assert not Activity.objects.exists()

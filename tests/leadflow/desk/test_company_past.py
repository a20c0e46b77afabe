"""The time machine of a company: its fields, its people and its open deals at the end of a day."""

from datetime import timedelta
from decimal import Decimal

import pytest

from leadflow.desk.company_past import as_it_was
from leadflow.services import companies, leads, notes
from pipeline.services import deals
from tests.factories import pipeline as make
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NEXT = (NOON + DAY).date()
LATER = NOON + 3 * DAY


@pytest.fixture
def firm(alice):
    made = companies.match_or_create(name="Sunworks", at=NOON)
    return companies.update(made, values={"industry": "Solar", "size": 40}, by=alice, at=LATER)


def facts(past):
    return {fact.label: (fact.then, fact.now) for fact in past.facts if fact.is_other}


def test_fields_are_walked_back_to_that_day(firm, alice):
    past = as_it_was(firm, NEXT, alice)

    assert facts(past) == {"Industry": ("", "Solar"), "Employees": ("", "40")}
    assert past.changed == 2
    assert (past.earlier, past.later) == (None, LATER.date())


def test_before_it_was_known_there_is_nothing(firm, alice):
    assert as_it_was(firm, (NOON - DAY).date(), alice) is None


def test_who_left_since_was_there_and_who_came_since_was_not(firm, alice):
    stayed = a_lead(first_name="Ann", company=firm)
    left = a_lead(first_name="Ben", company=firm)
    leads.update(left, values={"company": None}, by=alice, at=LATER)
    came = a_lead(first_name="Cleo")
    leads.update(came, values={"company": firm}, by=alice, at=LATER)

    assert set(as_it_was(firm, NEXT, alice).people) == {stayed, left}
    assert set(as_it_was(firm, LATER.date(), alice).people) == {stayed, came}


def test_people_are_shown_as_they_stood_then(firm, alice):
    ann = a_lead(first_name="Ann", job_title="Buyer", company=firm)
    leads.update(ann, values={"job_title": "Head of buying"}, by=alice, at=LATER)

    [then] = as_it_was(firm, NEXT, alice).people

    assert then.job_title == "Buyer"


def test_people_of_another_team_are_not_shown(firm, bob, carl):
    a_lead(company=firm, owner=carl)

    assert as_it_was(firm, NEXT, bob).people == []


def test_deals_open_then_stand_with_their_stage_and_worth_of_that_time(firm, alice, bob):
    deal = make.deal(bob, company=firm, amount=Decimal(900), at=NOON)
    deals.edit(deal, values={"amount": Decimal(1200)}, by=alice, at=LATER)
    deal.refresh_from_db()
    deals.win(deal, amount=Decimal(1200), by=bob, at=LATER)

    [then] = as_it_was(firm, NEXT, alice).deals

    assert (then.stage, then.amount, then.deal.status) == ("Qualified", Decimal(900), "won")
    assert as_it_was(firm, LATER.date(), alice).deals == []


def test_a_deal_opened_later_was_not_open(firm, alice, bob):
    make.deal(bob, company=firm, at=LATER)

    assert as_it_was(firm, NEXT, alice).deals == []


def test_the_page_asks_no_more_for_many_people_and_deals(
    client, firm, alice, bob, django_assert_max_num_queries
):
    for _ in range(6):
        a_lead(company=firm)
        make.deal(bob, company=firm, at=NOON)
    client.force_login(alice)
    client.get(f"/companies/{firm.pk}/then/?on={NEXT}")

    with django_assert_max_num_queries(18):
        page = client.get(f"/companies/{firm.pk}/then/?on={NEXT}").content.decode()

    assert page.count("/leads/") >= 6
    assert "2 values are something else today." in page


def test_a_day_that_is_none_is_told_beside_the_field(client, firm, alice):
    client.force_login(alice)

    answer = client.get(f"/companies/{firm.pk}/then/?on=someday")

    assert answer.status_code == 422
    assert "Enter a valid date" in answer.content.decode()


def test_the_story_ends_with_that_day(client, firm, alice):
    for text, at in (("They export", NOON), ("They import", LATER)):
        notes.add(text=text, company=firm, by=alice, at=at)
    client.force_login(alice)
    url, until = f"/companies/{firm.pk}/story/", (NOON + DAY).isoformat().replace("+", "%2B")

    whole, then = (client.get(at).content.decode() for at in (url, f"{url}?until={until}"))

    assert "They import" in whole
    assert "They export" in then
    assert "They import" not in then

"""The trash of companies: whom it refuses, what comes back by itself, and what its emptying leaves."""

from datetime import timedelta

import pytest

from leadflow.desk.queue import sources
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.models import Activity, Company, Lead, Note, Origin
from leadflow.services import (
    activities,
    companies,
    company_intake,
    company_merging,
    company_trash,
    leads,
    retention,
)
from pipeline.models import Deal
from pipeline.services import deals
from tests.factories.core import NOON, a_company, a_lead
from tests.factories.pipeline import customer as a_customer
from tests.factories.pipeline import deal as a_deal

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=31)


def thrown(company, at=NOON, by=None):
    company_trash.trash_many(company_ids=[company.pk], by=by, at=at)
    company.refresh_from_db()
    assert company.deleted_at == at
    return company


def is_back(company, reason):
    company.refresh_from_db()
    fact = Event.objects.get(kind=Kind.COMPANY_RESTORED)
    told = fact.subject_id, fact.data.get("reason")
    return company.deleted_at is None and told == (company.pk, reason)


def test_a_company_goes_and_comes_back_whole(alice):
    acme = a_company("Acme", domain="acme.example", size=12)
    lead = a_lead(company=acme)

    thrown(acme, by=alice)
    assert not Company.objects.visible_to(alice).filter(pk=acme.pk).exists()
    assert list(Company.objects.in_trash_of(alice)) == [acme]
    assert company_trash.who_trashed(acme) == alice
    company_trash.restore_many(company_ids=[acme.pk], by=alice)

    lead.refresh_from_db()
    assert is_back(acme, "")
    assert (lead.company, acme.size, acme.domain) == (acme, 12, "acme.example")


def test_a_customer_stays_and_the_refusal_says_why():
    acme = a_company("Acme")
    a_customer(company=acme)

    with pytest.raises(Conflict, match="Acme is or was a customer"):
        company_trash.trash(company=acme, by=None)

    acme.refresh_from_db()
    assert acme.deleted_at is None


def test_a_company_with_an_open_deal_stays_until_it_is_closed(alice):
    acme = a_company("Acme")
    deal = a_deal(alice, company=acme)

    with pytest.raises(Conflict, match="Close them or move them"):
        company_trash.trash(company=acme, by=None)
    deals.trash_many(deal_ids=[deal.pk], by=alice)
    company_trash.trash(company=acme, by=None)

    acme.refresh_from_db()
    assert acme.deleted_at


def test_of_many_only_those_go_that_may(alice):
    free, bought, dealing = a_company(), a_company(), a_company()
    a_customer(company=bought)
    a_deal(alice, company=dealing)

    found = company_trash.trash_many(company_ids=[free.pk, bought.pk, dealing.pk], by=alice)

    assert (found.ids, found.customers, found.dealing) == ([free.pk], [bought.pk], [dealing.pk])
    assert "1 stays because it is or was a customer" in found.staying
    assert "1 stays because it has open deals" in found.staying
    assert set(Company.objects.living()) == {bought, dealing}


def test_a_company_in_the_trash_is_not_thrown_again():
    acme = thrown(a_company())

    assert company_trash.trash_many(company_ids=[acme.pk], by=None).ids == []
    assert Event.objects.filter(kind=Kind.COMPANY_TRASHED).count() == 1


# who names its domain brings it back


def test_a_person_from_its_domain_brings_it_back():
    acme = thrown(a_company("Acme", domain="acme.example"))

    lead = a_lead("ann@acme.example")

    assert is_back(acme, company_trash.ARRIVED)
    assert lead.company == acme


def test_of_many_people_at_once_each_domain_brings_its_company_back():
    acme = thrown(a_company("Acme", domain="acme.example"))

    found = companies.of_people(
        [("acme.example", "Acme"), ("new.example", "New")], origin=Origin.IMPORT, at=NOON
    )

    assert is_back(acme, company_trash.ARRIVED)
    assert found["acme.example", "Acme"] == acme
    assert Event.objects.get(kind=Kind.COMPANY_RESTORED).origin == Origin.IMPORT


def test_making_a_company_with_its_domain_brings_it_back():
    acme = thrown(a_company("Acme", domain="acme.example"))

    again = companies.create(name="Acme again", domain="acme.example")

    assert is_back(acme, company_trash.ADDED)
    assert again == acme


@pytest.mark.parametrize(
    "named", [{"domain": "https://www.acme.example/"}, {"external": ("hubspot", "7")}]
)
@pytest.mark.parametrize("existing", ["fill", "skip", "overwrite"])
def test_a_file_with_its_domain_or_id_brings_it_back(named, existing):
    acme = a_company(
        "Acme", domain="acme.example", external_system="hubspot", external_id="7", size=12
    )
    thrown(acme)

    taken = company_intake.take_in_many(
        [company_intake.Arrival(name="Other name", values={"city": "Bern"}, **named)],
        by=None, at=NOON, existing=existing,
    )  # fmt: skip

    assert is_back(acme, company_trash.IN_FILE)
    assert taken[0].company == acme
    assert acme.city == ("" if existing == "skip" else "Bern")
    assert acme.size == 12


def test_a_deal_opened_with_it_brings_it_back(alice):
    acme = thrown(a_company("Acme"))

    deal = a_deal(alice, company=acme)

    assert is_back(acme, company_trash.DEALT)
    assert deal.company == acme


def test_somebody_linked_to_it_afterwards_brings_it_back(alice, drain_events):
    acme, lead = thrown(a_company("Acme")), a_lead()
    drain_events()

    leads.update(lead, values={"company": acme}, by=alice)
    drain_events()

    assert is_back(acme, company_trash.ARRIVED)


def test_somebody_who_arrives_while_it_goes_brings_it_back(drain_events):
    acme = a_company("Acme")
    a_lead(company=acme)  # read before the company went, written after
    Company.objects.filter(pk=acme.pk).update(deleted_at=NOON)

    drain_events()

    assert is_back(acme, company_trash.ARRIVED)


def test_who_stands_at_it_and_changes_otherwise_leaves_it_there(alice, drain_events):
    acme = a_company("Acme")
    lead = a_lead(company=acme)
    drain_events()
    thrown(acme)

    leads.update(lead, values={"city": "Utrecht"}, by=alice)
    drain_events()

    acme.refresh_from_db()
    assert acme.deleted_at


def test_its_to_dos_are_not_shown_while_it_lies_there(alice):
    acme = a_company("Acme")
    activities.plan(company=acme, kind="todo", subject="Ring", due_at=NOON, owner=alice, by=alice)
    assert sources.planned(alice).count() == 1

    thrown(acme)
    assert sources.planned(alice).count() == 0
    company_trash.restore_many(company_ids=[acme.pk], by=alice)

    assert sources.planned(alice).count() == 1


def test_its_domain_is_given_to_no_other_and_the_refusal_says_where_it_is(alice):
    thrown(a_company("Acme", domain="acme.example"))
    other = a_company("Other")

    with pytest.raises(Invalid) as refused:
        companies.update(other, values={"domain": "acme.example"}, by=alice)

    assert "Acme has this domain and lies in the trash" in refused.value.fields["domain"][0]


def test_a_name_alone_brings_nobody_back():
    """A name is a guess: somebody threw away that one, and another may be called the same."""
    acme = thrown(a_company("Acme", domain="acme.example"))

    other = companies.match_or_create(name="Acme")

    acme.refresh_from_db()
    assert (other != acme, acme.deleted_at) == (True, NOON)


def test_the_domain_of_one_that_was_merged_into_it_brings_it_back():
    keep, drop = a_company("Acme", domain="acme.example"), a_company("Acme AG", domain="acme.ch")
    company_merging.merge(survivor=keep, loser=drop, by=None)
    thrown(keep)
    drop.refresh_from_db()
    assert drop.deleted_at == NOON

    lead = a_lead("ann@acme.ch")

    drop.refresh_from_db()
    assert is_back(keep, company_trash.ARRIVED)
    assert (lead.company, drop.deleted_at) == (keep, None)


def test_a_file_with_the_domain_of_one_that_was_merged_away_finds_the_survivor():
    keep, drop = a_company("Acme", domain="acme.example"), a_company("Acme AG", domain="acme.ch")
    company_merging.merge(survivor=keep, loser=drop, by=None)

    taken = company_intake.take_in_many(
        [company_intake.Arrival(name="Acme Schweiz", domain="acme.ch")], by=None, at=NOON
    )

    assert taken[0].company == keep


# after 30 days


def test_after_thirty_days_it_goes_for_good_and_people_and_deals_stay(alice):
    acme = thrown(a_company("Acme", domain="acme.example"))
    other = a_company("Other")
    lead, deal = a_lead(owner=alice), a_deal(alice)
    Lead.objects.filter(pk=lead.pk).update(company=acme)
    deals.trash_many(deal_ids=[deal.pk], by=alice)
    Deal.objects.filter(pk=deal.pk).update(company=acme, deleted_at=LATER)
    Company.objects.filter(pk=other.pk).update(parent=acme)
    activities.plan(kind=Activity.Kind.TODO, subject="Ring", due_at=NOON, owner=alice, by=alice, lead=None, company=acme)  # fmt: skip
    Note.objects.create(company=acme, text="They export", created_at=NOON)

    assert retention.empty_trash(NOON + timedelta(days=29)) == 0
    assert retention.empty_trash(LATER) == 1
    assert retention.empty_trash(LATER) == 0

    assert list(Company.objects.filter(pk__in=[acme.pk, other.pk])) == [other]
    lead.refresh_from_db()
    deal.refresh_from_db()
    assert (lead.company_id, deal.company_id) == (None, None)
    assert not Activity.objects.filter(subject="Ring").exists()
    assert not Note.objects.filter(text="They export").exists()
    told = Event.objects.get(kind=Kind.LEAD_CHANGED, lead_id=lead.pk)
    assert told.data["fields"] == ["company"]
    assert a_lead("ann@acme.example").company.pk != acme.pk


def test_what_was_merged_into_it_goes_with_it():
    keep, drop = a_company("Acme", domain="acme.example"), a_company("Acme AG", domain="acme.ch")
    company_merging.merge(survivor=keep, loser=drop, by=None)
    thrown(keep)

    assert retention.empty_trash(LATER) == 1

    assert not Company.objects.filter(pk__in=[keep.pk, drop.pk]).exists()


def test_one_that_is_needed_again_stays(alice):
    acme = a_company("Acme")
    deal = a_deal(alice, company=acme)
    deals.trash_many(deal_ids=[deal.pk], by=alice)
    thrown(acme)
    deals.restore_many(deal_ids=[deal.pk], by=alice)
    bought = thrown(a_company("Bought"))
    a_customer(company=bought)

    assert retention.empty_trash(LATER) == 0
    assert Company.objects.filter(pk__in=[acme.pk, bought.pk]).count() == 2


def test_emptying_asks_as_often_for_many_as_for_few(django_assert_max_num_queries):
    rows = [thrown(a_company()) for _n in range(12)]
    for row in rows:
        a_lead(company=row)

    with django_assert_max_num_queries(70):
        assert retention.empty_trash(LATER) == 12

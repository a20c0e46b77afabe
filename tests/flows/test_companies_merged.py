"""Two rows of one company made one and two again: everything is as it was, and what came since stays."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.errors import Conflict
from leadflow.events import relay
from leadflow.models import (
    Company,
    CompanyMerge,
    CompanySignal,
    Customer,
    Lead,
    Organisation,
)
from leadflow.services import activities, companies, company_merging, leads, notes
from pipeline.models import Deal, Order
from pipeline.services import pipelines, purchases
from pipeline.services.deals import Opening, open_many
from tests.factories.core import NOON, a_company, a_lead

pytestmark = pytest.mark.django_db

NEVER_MIND = {"version"}  # what an edit raises in any case


def picture():
    """Every row that points at a company, with the companies and what customers bought."""
    fields = Company._meta.get_fields(include_hidden=True)
    models = {one.related_model for one in fields if one.auto_created and not one.concrete}
    return {
        (model._meta.label, row["pk"]): {k: v for k, v in row.items() if k not in NEVER_MIND}
        for model in (models - {CompanyMerge}) | {Company, Order}
        for row in ({"pk": one.pk} | {f.attname: getattr(one, f.attname) for f in model._meta.concrete_fields}
                    for one in model._base_manager.all())
    }  # fmt: skip


def differing(before, after):
    return [
        (key, {n: (v, after[key].get(n)) for n, v in row.items() if v != after[key].get(n)})
        if key in after
        else (key, "gone")
        for key, row in before.items()
        if row != after.get(key)
    ] + [(key, "new") for key in set(after) - set(before)]


def fill(company, what):
    """Some facts about a company, picked by the bits of `what`."""
    lead = a_lead(company=company, at=NOON)
    if what & 1:
        activities.log(kind="call", subject="Ring", lead=None, company=company, by=None, at=NOON)
        notes.add(text="Big", company=company, by=None)
        a_company(f"Daughter of {company.pk}", parent=company)
        leads.trash_many(lead_ids=[a_lead(company=company).pk], by=None)
    if what & 2:
        stage = pipelines.ensure_default().stages.first()
        open_many([Opening(name="Deal", stage=stage, company=company, lead=lead)], by=None, at=NOON)
        CompanySignal.objects.create(
            company=company, kind="intent.seen", source_type="x", source_id="1", occurred_at=NOON,
            recorded_at=NOON,
        )  # fmt: skip
    if what & 4:
        customer = Customer.objects.create(company=company, started_at=NOON)
        bought = purchases.Bought(customer=customer, title="Roof", amount=100, on=date(2026, 3, 2))
        purchases.order(bought, by=None, at=NOON)


@pytest.fixture
def pair(drain_events):
    one = a_company("Acme GmbH", domain="acme.example", city="Ulm")
    two = a_company("Acme, Inc.", industry="Steel", country="DE")
    fill(one, 7)
    fill(two, 7)
    drain_events()
    return one, two


def merged(one, two, by=None):
    return company_merging.merge(survivor=one, loser=two, by=by)


def test_people_deals_and_orders_move_and_blanks_are_filled(pair, drain_events):
    one, two = pair

    merged(one, two)
    drain_events()

    one.refresh_from_db()
    assert (one.city, one.industry, one.country) == ("Ulm", "Steel", "DE")
    assert not Lead.objects.filter(company=two).exists()
    assert set(Deal.objects.values_list("company", flat=True)) == {one.pk}
    assert set(Order.objects.values_list("customer__company", flat=True)) == {one.pk}
    assert list(Customer.objects.filter(reverted_at=None).values_list("company", flat=True)) == [
        one.pk
    ]


def test_taken_apart_both_companies_are_as_they_were(pair, drain_events):
    before = picture()
    merged(*pair)
    drain_events()

    company_merging.unmerge(made=CompanyMerge.objects.get(), by=None)
    drain_events()

    assert differing(before, picture()) == []


@settings(max_examples=8)
@given(
    one=st.integers(0, 7), two=st.integers(0, 7), domain=st.sampled_from(["first", "second", "both", ""]),
    is_older=st.booleans(), above=st.sampled_from(["", "first", "second"]), is_drained=st.booleans(),
)  # fmt: skip
def test_whatever_two_companies_hold_taking_them_apart_gives_it_back(
    one, two, domain, is_older, above, is_drained
):
    with transaction.atomic():
        Organisation.current()
        first = a_company("Acme", domain="acme.example" if domain in ("first", "both") else None)
        second = a_company(
            "Acme AG", domain="acme2.example" if domain in ("second", "both") else None, city="Ulm"
        )
        low, high = {"first": (second, first), "second": (first, second)}.get(above, (None, None))
        if low:
            companies.update(low, values={"parent": high}, by=None)
        fill(first, one)
        fill(second, two)
        relay.run()
        before = picture()
        merged(*((first, second) if is_older else (second, first)))
        if is_drained:
            relay.run()

        company_merging.unmerge(made=CompanyMerge.objects.get(), by=None)
        relay.run()

        assert differing(before, picture()) == []
        transaction.set_rollback(True)


def test_who_writes_from_the_domain_of_the_merged_company_is_at_the_survivor():
    one, two = (
        a_company("Acme", domain="acme.example"),
        a_company("Acme AG", domain="acme2.example"),
    )
    merged(one, two)

    assert a_lead("ann@acme2.example").company_id == one.pk

    company_merging.unmerge(made=CompanyMerge.objects.get(), by=None)
    assert a_lead("ben@acme2.example").company_id == two.pk


def test_what_came_since_stays_with_the_survivor(pair, drain_events, alice):
    one, two = pair
    merged(one, two)
    drain_events()
    companies.update(Company.objects.get(pk=one.pk), values={"industry": "Wood"}, by=alice)
    newcomer = a_lead(company=one)

    company_merging.unmerge(made=CompanyMerge.objects.get(), by=alice)

    newcomer.refresh_from_db()
    one.refresh_from_db()
    assert (newcomer.company_id, one.industry) == (one.pk, "Wood")


def test_no_company_ends_above_itself():
    top = a_company("Acme")
    middle = a_company("Acme Europe", parent=top)
    low = a_company("Acme AG", parent=middle)

    merged(low, top)

    rows = dict(Company.objects.living().values_list("pk", "parent"))
    assert (rows[low.pk], rows[middle.pk]) == (None, low.pk)


def test_merges_of_companies_are_taken_apart_once_and_the_latest_first():
    one, two, three = a_company("Acme"), a_company("Acme AG"), a_company("Acme SE")
    merged(one, two)
    first = CompanyMerge.objects.get()
    merged(one, three)
    with pytest.raises(Conflict, match="another merge since"):
        company_merging.unmerge(made=first, by=None)

    company_merging.unmerge(made=CompanyMerge.objects.first(), by=None)
    company_merging.unmerge(made=first, by=None)

    with pytest.raises(Conflict, match="already"):
        company_merging.unmerge(made=first, by=None)
    with pytest.raises(Conflict, match="same company"):
        merged(one, one)


def test_a_domain_that_somebody_took_since_stops_the_way_back():
    one, two = a_company("Acme"), a_company("Acme AG", domain="acme.example")
    merged(one, two)
    Company.objects.filter(pk=one.pk).update(domain="other.example")
    a_company("Newcomer", domain="acme.example")

    with pytest.raises(Conflict, match="What came since"):
        company_merging.unmerge(made=CompanyMerge.objects.get(), by=None)


def test_people_remember_at_which_company_they_were(alice):
    one, two = a_company("Acme"), a_company("Acme AG")
    lead = a_lead(company=two, at=NOON - timedelta(days=2))

    merged(one, two, by=alice)

    lead.refresh_from_db()
    assert lead.company_id == one.pk
    from leadflow.history import changes

    assert changes.as_of(lead, NOON - timedelta(days=1)).company_id == two.pk


def test_a_manager_compares_two_companies_merges_and_takes_them_apart(client, mia, drain_events):
    one, two = a_company("Acme GmbH", domain="acme.example"), a_company("ACME", city="Ulm")
    client.force_login(mia)
    assert "ACME" in client.get(f"/companies/{one.pk}/merge/").content.decode()
    shown = client.get(f"/companies/{two.pk}/merge/?other={one.pk}").content.decode()
    assert "taken over" in shown

    client.post(f"/companies/{two.pk}/merge/", {"other": one.pk})

    assert client.get(f"/companies/{two.pk}/").headers["Location"] == f"/companies/{one.pk}/"
    assert "Take apart" in client.get(f"/companies/{one.pk}/merge/").content.decode()
    client.post(f"/companies/{one.pk}/unmerge/", {"merge": CompanyMerge.objects.get().pk})
    assert client.get(f"/companies/{two.pk}/").status_code == 200

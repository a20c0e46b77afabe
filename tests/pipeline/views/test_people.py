"""Roles on the pages of deal, company and lead."""

import pytest

from pipeline.models import DealPerson
from pipeline.services import roles
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def test_a_role_is_given_changed_and_taken_on_the_page_and_shown_where_she_is(client, bob):
    company = make.company("Oakridge")
    ann = make.lead(bob, first_name="Ann", company=company, job_title="Plant manager")
    deal = make.deal(bob, name="Roof", company=company)
    client.force_login(bob)
    url = f"/deals/{deal.pk}/people/"

    offered = client.get(deal.get_absolute_url()).content.decode()
    client.post(url, {"role-who": ann.pk, "role-role": "champion"})
    changed = client.post(f"{url}{ann.pk}/", {"role": "decision_maker"})
    pages = [
        client.get(address).content.decode()
        for address in (
            deal.get_absolute_url(),
            f"/deals/of-company/{company.pk}/",
            f"/deals/of-lead/{ann.pk}/",
        )
    ]
    client.post(f"{url}{ann.pk}/", {"role": ""})

    assert "Nobody yet" in offered
    assert "Ann, Plant manager" in offered
    assert changed.status_code == 303
    assert all("Decision maker" in page for page in pages)
    assert "Not known: Champion" in pages[0]
    assert not DealPerson.objects.exists()


def test_a_role_for_nobody_or_a_stranger_is_refused_beside_the_field(client, bob, carl):
    make.lead(carl, email="zoe@else.example")
    deal = make.deal(bob)
    client.force_login(bob)
    url = f"/deals/{deal.pk}/people/"

    nobody = client.post(url, {"role-role": "champion"})
    stranger = client.post(url, {"role-person": "zoe@else.example", "role-role": "champion"})
    unknown = client.post(url, {"role-person": "zoe@else.example", "role-role": "boss"})

    assert [nobody.status_code, stranger.status_code, unknown.status_code] == [422] * 3
    assert "Say who it is" in nobody.content.decode()
    assert "None of your leads has this address" in stranger.content.decode()
    assert not DealPerson.objects.exists()


def test_a_role_of_a_person_out_of_sight_is_not_changed_by_her_number(client, alice, bob, carl):
    deal, zoe = make.deal(bob), make.lead(carl)
    roles.give(deal=deal, lead=zoe, role="blocker", by=alice)
    client.force_login(bob)

    answer = client.post(f"/deals/{deal.pk}/people/{zoe.pk}/", {"role": ""})

    assert answer.status_code == 404
    assert DealPerson.objects.get().role == "blocker"

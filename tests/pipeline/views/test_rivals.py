"""Competitors on the pages of deals, in the list and as a table."""

import re

import pytest

from pipeline.models import Competitor, Deal
from pipeline.services import rivals
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def test_each_number_against_a_competitor_opens_as_many_deals(client, bob):
    won, lost, price, dup = (make.deal(bob) for _each in range(4))
    client.force_login(bob)
    for deal in (won, lost, price, dup):
        client.post(f"/deals/{deal.pk}/competitors/", {"rival-name": "Helio"})
    helio = Competitor.objects.get()
    today = won.created_at.date().isoformat()
    client.post(f"/deals/{won.pk}/win/", {"amount": "9", "on": today})
    client.post(
        f"/deals/{lost.pk}/lose/", {"reason": make.reason("Competitor").pk, "rival": helio.pk}
    )
    client.post(f"/deals/{price.pk}/lose/", {"reason": make.reason("Price").pk})
    client.post(f"/deals/{dup.pk}/lose/", {"reason": make.reason("Duplicate").pk})

    page = client.get("/deals/competitors/").content.decode()
    links = re.findall(r'href="(/deals/list/[^"]+)" aria-label="[^"]+: (\d+)"', page)
    opened = [
        len(
            set(
                re.findall(
                    r'href="/deals/(\d+)/"', client.get(url.replace("&amp;", "&")).content.decode()
                )
            )
        )
        for url, _n in links
    ]

    assert [int(n) for _url, n in links] == opened == [1, 2, 1]
    assert "1 of 3" in page
    assert Deal.objects.get(pk=lost.pk).competitor == "Helio"


def test_a_competitor_on_a_deal_is_offered_when_it_is_lost_and_refused_without_a_name(client, bob):
    deal = make.deal(bob)
    client.force_login(bob)
    url = f"/deals/{deal.pk}/competitors/"

    empty = client.post(url, {"rival-name": "  "})
    client.post(url, {"rival-name": "Helio Nord"})
    helio = Competitor.objects.get()
    asked = client.get(f"/deals/{deal.pk}/lose/").content.decode()
    client.post(f"{url}{helio.pk}/", {"state": "out"})
    page = client.get(deal.get_absolute_url()).content.decode()
    client.post(f"{url}{helio.pk}/", {"state": ""})

    assert empty.status_code == 422
    assert "name another" in empty.content.decode()
    assert f'<option value="{helio.pk}" selected>' in asked
    assert "Out of the race" in page
    assert not rivals.DealCompetitor.objects.exists()

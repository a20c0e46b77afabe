"""What won with others alike: rate, median amount, median cycle, what was shared; and the rows behind."""

from datetime import timedelta
from decimal import Decimal

import pytest

from leadflow.assets.models import ContentItem
from leadflow.kit import clock
from pipeline.models import Deal, Share
from pipeline.selectors.alike import ENOUGH, behind, ended_alike
from pipeline.services import deals
from tests.factories.core import a_company, a_lead
from tests.factories.pipeline import deal, reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(bob):
    return a_lead(owner=bob, company=a_company("Sunworks", industry="Ceramics"))


@pytest.fixture
def others():
    return a_company("Claywork", industry="ceramics")


def closed(owner, company, *, won=0, lost=0, first=0):
    """Deals that are over: those won for 100, 200, 300 … after as many days."""
    for n in range(first, first + won):
        row = deal(owner, company=company, amount=Decimal(100 * (n + 1)))
        deals.win(row, amount=row.amount, by=owner)
        at = clock.now()
        Deal.objects.filter(pk=row.pk).update(opened_at=at - timedelta(days=n + 1), won_at=at)
    for _n in range(lost):
        deals.lose(deal(owner, company=company, amount=1), reason=reason(), by=owner)


def shared_on(row, item, at):
    Share.objects.create(deal=row, item=item, at=at, expires_at=at + timedelta(days=30))


def test_medians_are_told_from_twenty_won_on(ann, others, bob):
    closed(bob, others, won=ENOUGH - 1, lost=1)
    (found,) = ended_alike(ann)
    assert (found.closed, found.amount, found.days) == (ENOUGH, None, None)

    closed(bob, others, won=1, first=ENOUGH - 1)

    (found,) = ended_alike(ann)
    assert (found.won, found.amounts, found.cycles) == (20, 20, 20)
    assert found.amount == Decimal(1050)
    assert found.days == pytest.approx(10.5)


def test_what_was_shared_on_most_of_the_won_is_named(ann, others, bob):
    closed(bob, others, won=ENOUGH)
    case, deck = (ContentItem.objects.create(title=t, kind="case_study") for t in ("Case", "Deck"))
    rows = list(Deal.objects.order_by("pk"))
    for row in rows[:5]:
        shared_on(row, case, row.won_at - timedelta(hours=1))
    for row in rows[:9]:
        shared_on(row, deck, row.won_at + timedelta(days=1))

    (found,) = ended_alike(ann)

    assert (found.used.title, found.used.deals) == ("Case", 5)


def test_a_company_is_held_against_companies_like_it_and_not_against_itself(ann, others, bob):
    closed(bob, others, won=ENOUGH)
    closed(bob, ann.company, won=3)

    (found,) = ended_alike(ann.company)

    assert found.closed == ENOUGH


def test_every_number_opens_its_deals(ann, others, bob):
    closed(bob, others, won=12, lost=9)

    counts = {
        part: behind(bob, ann, shared="industry", part=part)[1].count()
        for part in ("closed", "won", "amount", "cycle")
    }

    assert counts == {"closed": 21, "won": 12, "amount": 12, "cycle": 12}


def test_deals_of_others_are_counted_and_not_shown(ann, others, bob, carl):
    closed(carl, others, won=2)
    closed(bob, others, won=1)

    _trait, rows, hidden = behind(bob, ann, shared="industry", part="won")

    assert (rows.count(), hidden) == (1, 2)


def test_the_page_of_the_rows_says_how_many_are_hidden(client, ann, others, bob, carl):
    closed(carl, others, won=2)
    closed(bob, others, won=1)
    client.force_login(bob)

    page = client.get(f"/deals/alike/lead/{ann.pk}/industry/won/").content.decode()

    assert "2 more belong to others" in page
    assert "Industry: Ceramics" in page


def test_a_trait_or_number_that_there_is_not_is_not_found(client, ann, bob):
    client.force_login(bob)

    for path in ("industry/no", "no/won", "source/cycles"):
        assert client.get(f"/deals/alike/lead/{ann.pk}/{path}/").status_code == 404
    assert client.get(f"/deals/alike/deal/{ann.pk}/industry/won/").status_code == 404


def test_the_panel_tells_all_of_it_with_links(client, ann, others, bob):
    closed(bob, others, won=ENOUGH, lost=5)
    client.force_login(bob)

    part = client.get(f"/leads/{ann.pk}/learned/", HTTP_HX_REQUEST="true").content.decode()

    assert f"/deals/alike/lead/{ann.pk}/industry/cycle/" in part
    assert "within 11 days" in part or "within 10 days" in part
    assert "20 won" in part
    assert "25 closed" in part


def test_two_queries_tell_of_all_traits(ann, others, bob, django_assert_max_num_queries):
    closed(bob, others, won=ENOUGH)
    ann.company.size, ann.company.country = 80, "BE"

    with django_assert_max_num_queries(2):
        ended_alike(ann)

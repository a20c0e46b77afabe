"""Competitors: one list, named on deals and by losing them, counted against each."""

from decimal import Decimal

import pytest

from leadflow.errors import Invalid
from leadflow.events.models import Event
from pipeline.models import Competitor, DealCompetitor
from pipeline.selectors.rivals import win_rates
from pipeline.services import deals, rivals
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def standing(deal):
    return dict(DealCompetitor.objects.filter(deal=deal).values_list("competitor__name", "state"))


def lose(deal, competitor, reason="Competitor"):
    return deals.lose(deal, reason=make.reason(reason), competitor=competitor, by=None)


def test_a_name_joins_the_list_once_however_it_is_written(bob):
    first, second = make.deal(bob), make.deal(bob)

    lose(first, " Helio  Nord ")
    lose(second, "HELIO NORD")

    assert list(Competitor.objects.values_list("name", flat=True)) == ["Helio Nord"]
    assert standing(first) == standing(second) == {"Helio Nord": "won"}
    told = Event.objects.filter(kind="deal.lost").order_by("pk").first()
    assert told.data["competitor"] == "Helio Nord"


def test_a_deal_that_is_opened_again_puts_the_winner_back_in_the_race(bob):
    deal = make.deal(bob)
    helio = rivals.named(["Helio"])["helio"]
    for state in ("running", "running", "out"):
        rivals.note(deal=deal, competitor=helio, state=state, by=bob)

    lost = lose(deal, "helio")
    with pytest.raises(Invalid):
        rivals.note(deal=deal, competitor=helio, by=bob)
    kept = rivals.drop(deal=deal, competitor=helio, by=bob)
    reopened = deals.reopen(lost, by=bob)

    assert kept is False
    assert standing(reopened) == {"Helio": "running"}
    told = Event.objects.filter(kind="competitor.noted").order_by("pk")
    assert [(e.data["from"], e.data["to"]) for e in told] == [(None, "running"), ("running", "out")]
    assert rivals.drop(deal=deal, competitor=helio, by=bob) is True


def test_a_win_rate_counts_what_its_reader_sees_and_leaves_out_what_is_nobodys_loss(
    alice, bob, carl
):
    helio = rivals.named(["Helio"])["helio"]
    mine = [make.deal(bob) for _each in range(4)]
    for deal in [*mine, make.deal(carl)]:
        rivals.note(deal=deal, competitor=helio, by=None)
    deals.win(mine[0], amount=Decimal(5), by=bob)
    lose(mine[1], "Helio")
    lose(mine[2], "", reason="Price")
    deals.lose(mine[3], reason=make.reason("Duplicate"), by=bob)

    (seen,) = win_rates(bob)
    (whole,) = win_rates(alice)

    assert (seen.open, seen.won, seen.lost, seen.lost_to_them) == (0, 1, 2, 1)
    assert (seen.rate, seen.decided, whole.open) == (1 / 3, 3, 1)

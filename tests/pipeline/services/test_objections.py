"""Objections: written down, answered, counted."""

from datetime import timedelta

import pytest

from leadflow.errors import Invalid
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.services import merging
from leadflow.timeline import selectors as timeline
from pipeline.models import Objection, ObjectionAnswer, ObjectionKind
from pipeline.selectors import objections as reading
from pipeline.services import deals, objections
from pipeline.services.objections import State, Told
from pipeline.services.privacy import HOLDER
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def price():
    return ObjectionKind.objects.create(name="Too dear")


@pytest.fixture
def worth(price):
    return ObjectionAnswer.objects.create(kind=price, title="What waiting costs", words="Count it.")


def test_an_objection_is_written_down_and_settled_and_both_stand_in_the_story(bob, price, worth):
    deal = make.deal(bob, lead=make.lead(bob))
    row = objections.hear(deal, told=Told(kind=price, words="8 % cheaper elsewhere"), by=bob)

    objections.change(row, told=Told(kind=price, answer=worth, state=State.RESOLVED), by=bob)

    row.refresh_from_db()
    assert (row.stage, row.settled_by, row.answer) == (deal.stage, bob, worth)
    said = [
        f"{one.shown.text} {' '.join(one.shown.why)}"
        for one in timeline.for_record("pipeline.deal", deal.pk, bob).entries
    ]
    assert "heard the objection “Too dear” " in said
    assert "resolved the objection “Too dear” With: What waiting costs" in said
    assert Event.objects.filter(kind__startswith="objection.", lead_id=deal.lead_id).count() == 2


def test_two_clicks_write_one_objection_down(bob, price):
    deal = make.deal(bob)
    told = Told(kind=price, words="Too much")

    first, again = (objections.hear(deal, told=told, by=bob) for _click in range(2))

    assert first == again
    assert Objection.objects.count() == 1
    late = objections.hear(deal, told=told, by=bob, at=clock.now() + timedelta(hours=1))
    assert late != first


def test_an_answer_to_another_objection_and_a_result_without_any_are_refused(bob, price, worth):
    deal, other = make.deal(bob), ObjectionKind.objects.create(name="Later")

    with pytest.raises(Invalid) as wrong:
        objections.hear(deal, told=Told(kind=other, answer=worth), by=bob)
    with pytest.raises(Invalid) as bare:
        objections.hear(deal, told=Told(kind=price, state=State.RESOLVED), by=bob)

    assert "answer" in wrong.value.fields
    assert "own_words" in bare.value.fields
    assert not Objection.objects.exists()


def test_a_deal_is_lost_over_an_objection_until_it_is_opened_again(bob, price):
    deal = make.deal(bob)
    row = objections.hear(deal, told=Told(kind=price, state=State.STANDS), by=bob)

    lost = deals.lose(deal, reason=make.reason(), objection=row, by=bob)
    row.refresh_from_db()
    assert row.decided

    deals.reopen(lost, by=bob)
    row.refresh_from_db()
    assert not row.decided


def test_a_rate_is_told_from_twenty_on_and_everybodys_count(
    bob, carl, mia, price, worth, monkeypatch
):
    monkeypatch.setattr(reading, "ENOUGH", 3)
    for owner, state in ((bob, "resolved"), (bob, "stands"), (carl, "resolved"), (carl, "open")):
        told = Told(kind=price, answer=worth, state=state)
        objections.hear(make.deal(owner), told=told, by=owner)
    at = clock.now()

    one = reading.results(at)[price.pk, worth.pk]
    rows, hidden = reading.behind(
        bob, at, kind=price.pk, answer=worth.pk, has_answer=True, part="resolved"
    )

    assert (one.heard, one.settled, one.resolved, one.rate) == (4, 3, 2, 2 / 3)
    assert one.win_rate is None
    assert ([row.deal.owner for row in rows], hidden) == ([bob], 1)
    monkeypatch.setattr(reading, "ENOUGH", 20)
    assert (one.rate, one.missing) == (None, 17)


def test_each_number_of_deals_counts_a_deal_once_and_opens_it(bob, price, worth):
    won, lost, doubled = make.deal(bob), make.deal(bob), make.deal(bob)
    for deal in (won, lost, doubled):
        objections.hear(deal, told=Told(kind=price, answer=worth, words="One"), by=bob)
    objections.hear(won, told=Told(kind=price, answer=worth, words="Again"), by=bob)
    deals.win(won, amount=won.amount, by=bob)
    deals.lose(lost, reason=make.reason(), by=bob)
    deals.lose(doubled, reason=make.reason("Duplicate"), by=bob)
    at = clock.now()

    one = reading.by_kind(at)[price.pk]
    rows, hidden = reading.behind(
        bob, at, kind=price.pk, answer=None, has_answer=False, part="closed"
    )

    assert (one.won, one.closed, one.heard) == (1, 2, 4)
    assert (set(rows), hidden) == ({won, lost}, 0)


def test_an_objection_follows_a_merge_and_its_words_go_with_an_erased_person(
    bob, mia, price, drain_events
):
    keep, gone = make.lead(bob), make.lead(bob)
    row = objections.hear(gone, told=Told(kind=price, words="Ada says no"), by=bob)

    merging.merge(survivor=keep, loser=gone, by=mia)
    drain_events()

    row.refresh_from_db()
    assert row.lead == keep
    assert HOLDER.export(keep)[0]["words"] == "Ada says no"
    HOLDER.erase([keep])
    row.refresh_from_db()
    assert (row.words, row.kind) == ("", price)

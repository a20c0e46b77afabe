"""Moving deals: order, version, history, totals, undo."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from leadflow.errors import Conflict, Invalid, InvalidTransition, StaleVersion
from leadflow.events.models import Event
from leadflow.kit import clock
from pipeline.models import BoardRevision, Deal, StageTotal
from pipeline.services import deals, pipelines, totals
from pipeline.services.deals import placing
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def column(name):
    return list(
        Deal.objects.filter(stage__name=name, status="open")
        .order_by("rank", "pk")
        .values_list("name", flat=True)
    )


def test_a_moved_deal_stands_in_the_new_stage_and_the_fact_is_recorded(bob, recorded):
    deal = make.deal(bob)

    moved = deals.move(deal, to=make.stage("Proposal"), by=bob)

    assert moved.stage.name == "Proposal"
    assert recorded()[-1] == "deal.moved"
    data = Event.objects.get(kind="deal.moved").data
    assert (data["from"], data["to"]) == ("Qualified", "Proposal")
    assert data["owner"] == bob.pk


def test_a_card_lands_right_under_the_card_that_was_above_it(bob):
    for name in "CBA":
        make.deal(bob, name=name, stage=make.stage("Proposal"))
    deal = make.deal(bob, name="X")
    above = Deal.objects.get(name="A")

    deals.move(deal, to=make.stage("Proposal"), above=above.pk, by=bob)

    assert column("Proposal") == ["A", "X", "B", "C"]


def test_a_card_lands_right_over_the_card_that_was_below_it(bob):
    for name in "CBA":
        make.deal(bob, name=name, stage=make.stage("Proposal"))
    below = Deal.objects.get(name="C")

    deals.move(make.deal(bob, name="X"), to=make.stage("Proposal"), below=below.pk, by=bob)

    assert column("Proposal") == ["A", "B", "X", "C"]


def test_a_card_without_neighbours_lands_on_top(bob):
    make.deal(bob, name="A", stage=make.stage("Proposal"))

    deals.move(make.deal(bob, name="X"), to=make.stage("Proposal"), by=bob)

    assert column("Proposal") == ["X", "A"]


def test_a_neighbour_that_has_left_the_column_is_ignored(bob):
    make.deal(bob, name="A", stage=make.stage("Proposal"))
    gone = make.deal(bob, name="gone")

    deals.move(make.deal(bob, name="X"), to=make.stage("Proposal"), above=gone.pk, by=bob)

    assert column("Proposal") == ["X", "A"]


def test_order_within_a_column_is_no_fact_and_makes_no_view_stale(bob, recorded):
    deal = make.deal(bob, name="A")
    other = make.deal(bob, name="B")

    moved = deals.move(deal, to=deal.stage, below=other.pk, version=deal.version, by=bob)

    assert "deal.moved" not in recorded()
    assert moved.version == deal.version


def test_a_stale_version_is_told_who_moved_the_deal_and_where(bob, mia):
    deal = make.deal(bob)
    deals.move(deal, to=make.stage("Negotiation"), by=mia)

    with pytest.raises(StaleVersion) as caught:
        deals.move(deal, to=make.stage("Proposal"), version=deal.version, by=bob)

    assert caught.value.message == "Mia moved this deal to Negotiation."
    assert Deal.objects.get(pk=deal.pk).stage.name == "Negotiation"


def test_moving_raises_the_boards_revision(bob):
    deal = make.deal(bob)
    before = BoardRevision.objects.get(pk=deal.pipeline_id).number

    deals.move(deal, to=make.stage("Proposal"), by=bob)

    assert BoardRevision.objects.get(pk=deal.pipeline_id).number > before


def test_a_refused_move_leaves_the_revision_as_it_was(bob):
    deal = make.deal(bob)
    before = BoardRevision.objects.get(pk=deal.pipeline_id).number

    with pytest.raises(StaleVersion):
        deals.move(deal, to=make.stage("Proposal"), version=deal.version + 1, by=bob)

    assert BoardRevision.objects.get(pk=deal.pipeline_id).number == before


def test_a_deal_is_not_moved_into_won_without_saying_what_came_of_it(bob):
    with pytest.raises(InvalidTransition, match="Won"):
        deals.move(make.deal(bob), to=make.stage("Won"), by=bob)


def test_a_closed_deal_does_not_move(bob):
    deal = make.deal(bob)
    deals.win(deal, amount=Decimal(1), by=bob)

    with pytest.raises(InvalidTransition, match="closed"):
        deals.move(deal, to=make.stage("Proposal"), by=bob)


def test_a_trashed_deal_does_not_move(bob):
    deal = make.deal(bob)
    deals.trash_many(deal_ids=[deal.pk], by=bob)

    with pytest.raises(Conflict, match="trash"):
        deals.move(deal, to=make.stage("Proposal"), by=bob)


def test_a_typed_probability_ends_with_the_stage(bob):
    deal = deals.edit(make.deal(bob), values={"probability": 33}, by=bob)

    moved = deals.move(deal, to=make.stage("Proposal"), by=bob)

    assert moved.probability is None
    assert moved.probability_at is None


def test_moving_to_another_pipeline_takes_the_deal_there(bob):
    other = pipelines.create(name="Service", by=None)
    deal = make.deal(bob)

    moved = deals.move(deal, to=make.stage("Proposal", other), by=bob)

    assert moved.pipeline_id == other.pk
    assert not totals.rebuild(other)


def test_moving_many_keeps_their_order_on_top_of_the_column(bob):
    make.deal(bob, name="there", stage=make.stage("Proposal"))
    ids = [make.deal(bob, name=name).pk for name in "ABC"]
    closed = make.deal(bob)
    deals.win(closed, amount=Decimal(1), by=bob)

    moved = deals.move_many(deal_ids=[*ids, closed.pk], to=make.stage("Proposal"), by=bob)

    assert [deal.name for deal in moved.deals] == ["A", "B", "C"]
    assert column("Proposal") == ["A", "B", "C", "there"]


def test_undo_puts_stage_place_and_age_back(bob, recorded):
    make.deal(bob, name="below")
    old = clock.now() - timedelta(days=4)
    deal = make.deal(bob, name="X", at=old)
    moved = deals.move(deal, to=make.stage("Proposal"), by=bob)

    back = deals.undo(deals.memory_of(deal, moved, bob), by=bob)

    assert (back.stage_id, back.rank, back.stage_since) == (deal.stage_id, deal.rank, old)
    assert recorded()[-1] == "deal.moved"
    assert Event.objects.order_by("pk").last().data["is_undo"] is True


def test_undo_is_refused_after_somebody_elses_change(bob, mia):
    deal = make.deal(bob)
    moved = deals.move(deal, to=make.stage("Proposal"), by=bob)
    memory = deals.memory_of(deal, moved, bob)
    deals.move(moved, to=make.stage("Contract"), by=mia)

    with pytest.raises(StaleVersion, match="Mia"):
        deals.undo(memory, by=bob)


def test_undo_is_refused_after_a_minute_and_to_others(bob, mia):
    deal = make.deal(bob)
    moved = deals.move(deal, to=make.stage("Proposal"), by=bob)
    memory = deals.memory_of(deal, moved, bob)

    with pytest.raises(Invalid, match="nothing to undo"):
        deals.undo(memory, by=mia)
    with pytest.raises(Invalid, match="nothing to undo"):
        deals.undo(memory + "x", by=bob)
    with time_machine.travel(clock.now() + timedelta(minutes=2)), pytest.raises(Conflict):
        deals.undo(memory, by=bob)


def test_undo_of_a_win_takes_the_customer_back(bob):
    deal = make.deal(bob, company=make.company())
    won = deals.win(deal, amount=Decimal(5), by=bob)

    back = deals.undo(deals.memory_of(deal, won, bob), by=bob)

    assert back.status == "open"
    assert back.won_at is None
    assert back.company.customer.reverted_at


def test_a_column_of_tired_ranks_is_spread_in_the_same_order(bob):
    names = [make.deal(bob, name=f"D{n}").name for n in range(5)]
    Deal.objects.filter(name="D0").update(rank="V" * 40)

    (stage,) = placing.tired_stages()
    placing.spread(stage)

    assert sorted(column("Qualified")) == sorted(names)
    assert not placing.tired_stages()


def test_totals_follow_every_change(bob, carl):
    one, two, three = (make.deal(bob, amount=Decimal(n * 100)) for n in (1, 2, 3))
    make.deal(None, amount=None)
    make.deal(carl, amount=Decimal(7), currency="XTS")

    deals.move(one, to=make.stage("Proposal"), by=bob)
    deals.edit(two, values={"amount": Decimal(950), "probability": 50}, by=bob)
    deals.assign_many(deal_ids=[two.pk], owner=carl, by=bob)
    deals.win(three, amount=Decimal(10), by=bob)
    deals.reopen(three, by=bob)
    deals.trash_many(deal_ids=[one.pk], by=bob)
    deals.restore_many(deal_ids=[one.pk], by=bob)
    deals.lose(one, reason=make.reason(), by=bob)

    assert totals.rebuild(pipelines.ensure_default()) == 0
    mine = StageTotal.objects.get(owner=carl, stage__name="Qualified")
    assert (mine.deals, mine.uncounted, mine.amount) == (2, 1, Decimal(950))
    assert mine.typed_weight == Decimal(475)

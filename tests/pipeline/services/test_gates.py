"""Stage gates and limits: what is asked, of whom, and what is told when a deal stays."""

from datetime import date
from decimal import Decimal

import pytest

from leadflow.errors import Conflict, Invalid, StaleVersion
from leadflow.events.models import Event
from leadflow.kit import clock
from pipeline.models import Deal, DealTick, StageCheck
from pipeline.selectors import Ask, board
from pipeline.services import deals, pipelines
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def gated(bob):
    """Proposal asks for an amount and that the budget is confirmed."""
    return asks("Proposal", required=["amount"], checklist=["Budget is confirmed"])


def asks(name, **values):
    stage = make.stage(name)
    kept = {"name": stage.name, "probability": stage.probability}
    return pipelines.change_stage(stage, values={**kept, **values}, by=None)


def test_a_deal_without_what_the_stage_asks_stays_and_is_told_what(bob, gated):
    deal = make.deal(bob, amount=None)

    with pytest.raises(Invalid, match=r"Proposal asks for: Amount, Budget is confirmed\."):
        deals.move(deal, to=gated, by=bob)

    assert Deal.objects.get().stage.name == "Qualified"


def test_answers_and_the_move_are_stored_together_with_who_ticked(bob, gated):
    deal = make.deal(bob, amount=None)

    moved = deals.move_with_answers(
        deal, to=gated, values={"amount": Decimal(900)}, checks=StageCheck.objects.all(),
        version=deal.version, by=bob,
    )  # fmt: skip

    tick = DealTick.objects.get()
    assert (moved.stage, moved.amount) == (gated, Decimal(900))
    assert (tick.deal, tick.by, str(tick.check_line)) == (moved, bob, "Budget is confirmed")


def test_half_of_the_answers_change_nothing(bob, gated):
    deal = make.deal(bob, amount=None)

    with pytest.raises(Invalid):
        deals.move_with_answers(deal, to=gated, values={"amount": Decimal(900)}, by=bob)

    assert Deal.objects.get().amount is None
    assert not DealTick.objects.exists()


def test_answers_to_a_deal_that_somebody_changed_are_refused(bob, mia, gated):
    deal = make.deal(bob, amount=None)
    deals.edit(deal, values={"name": "Other"}, by=mia)

    with pytest.raises(StaleVersion, match="Mia"):
        deals.move_with_answers(
            deal, to=gated, values={"amount": Decimal(1)}, version=deal.version, by=bob
        )


def test_whoever_passes_over_a_stage_answers_for_it(bob, gated):
    deal = make.deal(bob, amount=None)

    assert deals.gate_of(deal, make.stage("Contract")).lacks == ["Amount", "Budget is confirmed"]


def test_going_back_is_free(bob, gated):
    deal = make.deal(bob, amount=None, stage=make.stage("Contract"))

    assert deals.move(deal, to=gated, by=bob).stage == gated


def test_a_line_ticked_once_is_not_asked_again(bob, gated):
    deal = make.deal(bob)
    there = deals.move_with_answers(
        deal, to=gated, values={}, checks=StageCheck.objects.all(), by=bob
    )
    back = deals.move(there, to=make.stage("Qualified"), by=bob)

    assert deals.move(back, to=gated, by=bob).stage == gated


def test_a_line_that_is_taken_out_is_asked_no_more_and_its_ticks_stay(bob, gated):
    done = make.deal(bob)
    deals.move_with_answers(done, to=gated, values={}, checks=StageCheck.objects.all(), by=bob)

    asks("Proposal", checklist=["Decider is known"])

    assert deals.gate_of(make.deal(bob), gated).lacks == ["Decider is known"]
    assert DealTick.objects.filter(deal=done).count() == 1


def test_every_field_that_a_stage_may_ask_is_told_when_it_is_missing(bob):
    stage = asks("Proposal", required=["amount", "expected_close_on", "company", "lead"])
    full = make.deal(
        bob, expected_close_on=date(2030, 1, 1), company=make.company(), lead=make.lead(bob)
    )

    gate = deals.gate_of(make.deal(bob, amount=None), stage)

    assert gate.fields == ["amount", "expected_close_on", "company", "lead"]
    assert not deals.gate_of(full, stage).asks


def test_a_full_stage_asks_why_one_more_and_keeps_the_reason(bob):
    stage = asks("Proposal", wip_limit=1)
    make.deal(bob, stage=stage)
    deal = make.deal(bob)

    with pytest.raises(Invalid, match="the stage is full"):
        deals.move(deal, to=stage, by=bob)
    deals.move(deal, to=stage, reason="The board meets on Friday", by=bob)

    assert Event.objects.get(kind="deal.moved").data["reason"] == "The board meets on Friday"


def test_a_full_stage_with_a_hard_limit_takes_nobody(bob):
    stage = asks("Proposal", wip_limit=1, wip_is_hard=True)
    make.deal(bob, stage=stage)

    with pytest.raises(Conflict, match="takes 1 deals at most"):
        deals.move(make.deal(bob), to=stage, reason="Please", by=bob)


def test_order_within_a_full_stage_is_free(bob):
    stage = make.stage("Proposal")
    one, two = make.deal(bob, stage=stage), make.deal(bob, stage=stage)
    stage = asks("Proposal", wip_limit=1, wip_is_hard=True)

    assert deals.move(one, to=stage, below=two.pk, by=bob).stage == stage


def test_moving_many_tells_who_was_held_back_and_why(bob, gated):
    poor = make.deal(bob, name="Poor", amount=None)
    rich = make.deal(bob, name="Rich")
    for check in StageCheck.objects.all():
        DealTick.objects.create(deal=rich, check_line=check, by=bob, at=clock.now())

    done = deals.move_many(deal_ids=[poor.pk, rich.pk], to=gated, by=bob)

    assert [deal.name for deal in done.deals] == ["Rich"]
    assert [(one.deal.name, one.lacks) for one in done.held] == [
        ("Poor", ["Amount", "Budget is confirmed"])
    ]


def test_moving_many_fills_a_stage_up_to_its_limit(bob):
    stage = asks("Proposal", wip_limit=2)
    ids = [make.deal(bob, name=name).pk for name in "ABC"]

    done = deals.move_many(deal_ids=ids, to=stage, by=bob)

    assert [deal.name for deal in done.deals] == ["A", "B"]
    assert [(one.deal.name, one.lacks) for one in done.held] == [("C", ["the stage is full"])]


def test_undo_of_a_gated_move_needs_no_answers(bob, gated):
    deal = make.deal(bob)
    moved = deals.move_with_answers(
        deal, to=gated, values={}, checks=StageCheck.objects.all(), by=bob
    )

    assert deals.undo(deals.memory_of(deal, moved, bob), by=bob).stage.name == "Qualified"


# --- a limit for each owner ---


def test_each_owner_has_the_limit_for_herself(bob, carl):
    stage = asks("Proposal", wip_limit=1, wip_per_owner=True)
    make.deal(bob, stage=stage)

    assert deals.move(make.deal(carl), to=stage, by=carl).stage == stage
    with pytest.raises(Invalid, match=f"the stage is full for {bob.name}"):
        deals.move(make.deal(bob), to=stage, by=bob)


def test_one_more_of_an_owner_needs_a_reason_or_none_comes_where_it_is_firm(bob):
    stage = asks("Proposal", wip_limit=1, wip_per_owner=True)
    make.deal(bob, stage=stage)
    assert deals.move(make.deal(bob), to=stage, by=bob, reason="A friend").stage == stage

    firm = asks("Proposal", wip_limit=1, wip_per_owner=True, wip_is_hard=True)
    with pytest.raises(Conflict, match=bob.name):
        deals.move(make.deal(bob), to=firm, by=bob, reason="A friend")


def test_a_deal_of_nobody_is_in_no_owners_count(bob):
    stage = asks("Proposal", wip_limit=1, wip_per_owner=True)
    make.deal(None, stage=stage)

    assert deals.move(make.deal(None), to=stage, by=bob).stage == stage


def test_of_many_each_owner_brings_as_many_as_she_has_room_for(bob, carl):
    stage = asks("Proposal", wip_limit=2, wip_per_owner=True)
    make.deal(bob, stage=stage)
    mine, hers = [make.deal(bob) for _n in range(2)], [make.deal(carl) for _n in range(2)]

    found = deals.move_many(deal_ids=[one.pk for one in mine + hers], to=stage, by=None)

    assert [one.owner for one in found.deals] == [bob, carl, carl]
    assert [one.lacks for one in found.held] == [[f"the stage is full for {bob.name}"]]


def test_the_board_counts_the_fullest_owner_or_the_one_that_is_asked_for(bob, carl, mia):
    stage = asks("Proposal", wip_limit=3, wip_per_owner=True)
    for owner in (bob, bob, carl):
        make.deal(owner, stage=stage)

    held = {
        owner: next(
            one.held for one in board(mia, Ask(stage.pipeline, owner=owner)).columns
            if one.stage == stage
        )
        for owner in (None, carl.pk)
    }  # fmt: skip

    assert held == {None: 2, carl.pk: 1}

"""What others read of the pipeline, and at what cost."""

from datetime import timedelta
from decimal import Decimal

import pytest

from leadflow.kit import clock
from pipeline import selectors
from pipeline.models import Deal, PipelineStage
from pipeline.services import converting, deals, pipelines
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def ask(**fields):
    return selectors.Ask(pipelines.ensure_default(), **fields)


def names(board, stage="Qualified"):
    column = next(c for c in board.columns if c.stage.name == stage)
    return [row.deal.name for row in column.cards]


@pytest.mark.parametrize("sort", ["rank", "next"])
def test_a_board_costs_four_queries_however_full_it_is(bob, django_assert_max_num_queries, sort):
    for number in range(12):
        lead = make.lead(bob)
        make.deal(
            bob,
            lead=lead,
            company=make.company(),
            stage=make.stage(["Qualified", "Proposal"][number % 2]),
        )
    wanted = ask(sort=selectors.SORTS[sort])

    with django_assert_max_num_queries(4):
        board = selectors.board(bob, wanted)
        shown = [
            (str(r.deal.company), str(r.deal.owner), str(r.deal.lead), r.cell)
            for c in board.columns
            for r in c.cards
        ]

    assert len(shown) == 12


def test_a_board_shows_each_what_she_may_see(alice, mia, bob, carl, max, vera):
    make.deal(bob, name="North")
    make.deal(carl, name="South")
    make.deal(None, name="Nobody's")

    seen = {
        user.name.split()[0]: set(names(selectors.board(user, ask())))
        for user in (alice, mia, bob, carl, max, vera)
    }

    everything = {"North", "South", "Nobody's"}
    assert seen == {
        "Alice": everything, "Max": everything, "Mia": {"North", "Nobody's"},
        "Vera": {"North", "Nobody's"}, "Bob": {"North"}, "Carl": {"South"},
    }  # fmt: skip


def test_sums_are_those_of_the_deals_she_sees(mia, bob, carl):
    make.deal(bob, amount=Decimal(100))
    make.deal(bob, amount=None)
    make.deal(carl, amount=Decimal(900))

    board = selectors.board(mia, ask())

    column = board.columns[0]
    assert (column.sums.deals, column.sums.uncounted) == (2, 1)
    assert (column.sums.amount, column.sums.weighted) == (Decimal(100), Decimal(20))
    assert board.total.amount == Decimal(100)


def test_a_column_without_amounts_says_so_and_not_zero(bob):
    make.deal(bob, amount=None)

    assert selectors.board(bob, ask()).columns[0].sums.amount is None


def test_a_typed_probability_counts_where_the_pipeline_says_so(bob):
    deal = make.deal(bob, amount=Decimal(100))
    make.deal(bob, amount=Decimal(100))
    deals.edit(deal, values={"probability": 70}, by=bob)
    plain = selectors.board(bob, ask()).total.weighted
    pipelines.change(pipelines.ensure_default(), values={"probability_source": "manual"}, by=None)

    assert plain == Decimal(40)
    assert selectors.board(bob, ask()).total.weighted == Decimal(90)


def test_cards_are_sorted_by_next_step_the_late_first_none_last(bob):
    now = clock.now()
    for name, days in (("none", None), ("later", 3), ("late", -2), ("today", 0)):
        deal = make.deal(bob, name=name)
        Deal.objects.filter(pk=deal.pk).update(
            next_step_at=None if days is None else now + timedelta(days=days)
        )

    assert names(selectors.board(bob, ask())) == ["late", "today", "later", "none"]


@pytest.mark.parametrize("sort", ["rank", "next"])
def test_pages_of_a_column_join_without_gap_or_repeat(bob, monkeypatch, sort):
    monkeypatch.setattr(selectors, "PAGE", 4)
    now = clock.now()
    for number in range(11):
        deal = make.deal(bob)
        if number % 3:
            Deal.objects.filter(pk=deal.pk).update(next_step_at=now + timedelta(hours=number // 4))
    wanted = ask(sort=selectors.SORTS[sort])

    column = selectors.board(bob, wanted).columns[0]
    found = [row.deal.pk for row in column.cards]
    while column.cards:
        column = selectors.more_cards(bob, wanted, column.stage, column.cursor)
        found += [row.deal.pk for row in column.cards]

    assert len(found) == len(set(found)) == 11


@pytest.mark.parametrize(
    "cursor", ["", "x", "~", "a~b", "2020~1", "\x00~1", "~99999999999999999999"]
)
def test_a_made_up_cursor_gives_no_error(bob, cursor):
    deal = make.deal(bob)

    for sort in selectors.SORTS.values():
        column = selectors.more_cards(bob, ask(sort=sort), deal.stage, cursor)
        assert len(column.cards) <= 1


def test_a_demo_of_health_reaches_the_card(bob):
    make.deal(bob, at=clock.now() - timedelta(days=30))

    (row,) = selectors.board(bob, ask()).columns[0].cards

    assert row.health.is_rotting
    assert row.health.quiet_days == 30


def test_won_and_lost_between_days_are_half_open(bob):
    now = clock.now()
    start = now - timedelta(days=10)
    for when in (start, now - timedelta(days=5), now):
        deal = make.deal(bob, at=start - timedelta(days=1))
        deals.win(deal, amount=Decimal(1), won_at=when, by=bob)
    lost = deals.lose(make.deal(bob, at=start), reason=make.reason(), lost_at=start, by=bob)

    assert selectors.won_between(bob, start, now).count() == 2
    assert list(selectors.lost_between(bob, start, now)) == [lost]
    assert selectors.opened_between(bob, start, now).count() == 1


def test_a_lead_who_joined_a_deal_has_it_among_hers(bob):
    first, second = make.lead(bob), make.lead(bob)
    deal = make.deal(bob, lead=first)

    converting.convert(second, choice=converting.Choice(deal=deal), by=bob)

    assert list(selectors.deals_of_lead(bob, second.pk)) == [deal]


def test_search_finds_deals_by_any_word_in_any_case(bob, carl):
    deal = make.deal(bob, name="Rooftop Åsa", company=make.company("Oakridge Mills"))

    assert list(selectors.found(bob, "OAKRIDGE asa")) == [deal]
    assert not selectors.found(carl, "oakridge")


def test_her_day_finds_open_deals_without_a_step(bob):
    deal = make.deal(bob)
    deals.win(make.deal(bob), amount=Decimal(1), by=bob)

    assert list(selectors.without_next_step(bob)) == [deal]


def test_columns_stand_in_the_order_of_their_pipeline(bob):
    """However the database groups: its order of rows of one group is nobody's promise."""
    line = pipelines.ensure_default()
    first, second, *_ = line.stages.filter(kind="open")
    PipelineStage.objects.filter(pk=first.pk).update(position=1000)
    PipelineStage.objects.filter(pk=second.pk).update(position=1001)

    shown = [column.stage.pk for column in selectors.board(bob, ask()).columns]

    assert shown[-2:] == [first.pk, second.pk]

"""The three probabilities of a deal: which one counts, and what the historical one is made of."""

from collections import defaultdict
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import pytest

from leadflow.kit import clock
from leadflow.runs.models import Run
from pipeline.models import Deal, Pipeline, PipelineStage
from pipeline.selectors import Ask, board
from pipeline.selectors.chances import CHANCE, chances_of, counted, weights_of
from pipeline.services import chances, deals, pipelines
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db

OPEN = ("Qualified", "Discovery", "Proposal", "Negotiation", "Contract")
DAY = timedelta(days=1)


@pytest.fixture
def sales():
    return pipelines.ensure_default()


def choose(pipeline, source):
    return pipelines.change(pipeline, values={"probability_source": source}, by=None)


def won_and_lost(bob, *, won, lost, stage="Qualified"):
    for number in range(won + lost):
        deal = make.deal(bob, stage=make.stage(stage))
        if number < won:
            deals.win(deal, amount=Decimal(1000), by=bob)
        else:
            deals.lose(deal, reason=make.reason(), by=bob)


# --- what it is made of ---


def test_history_is_pulled_to_the_stages_own_as_by_twenty_deals(bob, sales):
    won_and_lost(bob, won=8, lost=2)

    chances.recompute()

    stage = make.stage("Qualified")  # its own probability is 20
    assert (stage.decided, stage.decided_won) == (10, 8)
    assert stage.historical == Decimal("40.0")  # (100 x 8 + 20 x 20) / (10 + 20)


def test_a_stage_that_no_decided_deal_came_to_keeps_its_own(bob, sales):
    chances.recompute()

    stage = make.stage("Proposal")
    assert (stage.decided, stage.historical) == (0, Decimal("60.0"))


def test_another_own_probability_is_leant_on_at_once(bob, sales):
    won_and_lost(bob, won=8, lost=2)
    chances.recompute()

    values = {"name": "Qualified", "probability": 50}
    changed = pipelines.change_stage(make.stage("Qualified"), values=values, by=None)

    assert changed.historical == Decimal("60.0")


def wander(bob, dice, now):
    """A deal that goes here and there; the stages to which it came, with the last time of each."""
    stages = [make.stage(name) for name in OPEN]
    at = now - dice.randint(20, 700) * DAY
    deal = make.deal(bob, stage=dice.choice(stages), at=at)
    came = {deal.stage.name: at}
    for _step in range(dice.randint(0, 4)):
        at += dice.randint(1, 60) * DAY
        to = dice.choice(stages)
        if at > now or to == deal.stage:
            break
        before, deal = deal, deals.move(deal, to=to, by=bob, at=at)
        if dice.random() < 0.25:
            deal = deals.undo(deals.memory_of(before, deal, bob), by=bob, at=at + DAY / 24)
        else:
            came[to.name] = at
    return deal, came


def end(deal, how, bob, now):
    if how in ("won", "trash"):
        deals.win(deal, amount=Decimal(10), by=bob, at=now)
    elif how != "open":
        reason = make.reason("Price" if how == "lost" else "Duplicate")
        deals.lose(deal, reason=reason, by=bob, at=now)
    if how == "trash":
        deals.trash_many(deal_ids=[deal.pk], by=bob)


@pytest.mark.parametrize("seed", range(5))
def test_history_is_what_a_naive_count_of_every_deal_says(bob, sales, seed):
    dice, now = Random(seed), clock.now()
    told = defaultdict(list)  # stage -> how the deals ended that came to it in a year
    for _number in range(14):
        deal, came = wander(bob, dice, now)
        how = dice.choice(["won", "lost", "nobody's", "open", "trash"])
        end(deal, how, bob, now)
        for name, at in came.items():
            told[name] += [how] if at > now - 365 * DAY else []

    chances.recompute(at=now)

    for stage in PipelineStage.objects.filter(kind="open"):
        won, decided = (
            sum(how in which for how in told[stage.name]) for which in (["won"], ["won", "lost"])
        )
        share = (Decimal(won) + 20 * Decimal(stage.probability) / 100) / (decided + 20)
        wanted = (100 * share).quantize(Decimal("0.1"), ROUND_HALF_UP)
        assert (stage.name, stage.decided, stage.decided_won) == (stage.name, decided, won)
        assert stage.historical == wanted


def test_taking_a_win_back_leaves_that_the_deal_came_to_its_stage(bob, sales):
    deal = deals.move(make.deal(bob), to=make.stage("Contract"), by=bob)
    won = deals.win(deal, amount=Decimal(10), by=bob)
    back = deals.undo(deals.memory_of(deal, won, bob), by=bob)
    deals.lose(back, reason=make.reason(), by=bob)

    chances.recompute()

    assert make.stage("Contract").decided == 1


def test_the_night_counts_once_however_often_it_ticks(db):
    morning = clock.now().replace(hour=5)

    first, second = (chances.begin_once_a_night(morning) for _tick in range(2))

    assert (first is not None, second) == (True, None)
    assert Run.objects.filter(kind=chances.KIND).count() == 1


def test_every_count_is_one_statement(bob, sales, django_assert_num_queries):
    won_and_lost(bob, won=2, lost=2)

    with django_assert_num_queries(4):  # two for the lock of the boards, one to raise them
        chances.recompute()


# --- which one counts ---


def test_the_stages_own_counts_unless_the_pipeline_says_otherwise(bob, sales):
    deal = deals.edit(make.deal(bob), values={"probability": 70}, by=bob)
    won_and_lost(bob, won=8, lost=2)
    chances.recompute()

    found = {}
    for source in Pipeline.Source.values:
        choose(sales, source)
        row = Deal.objects.select_related("stage", "pipeline").get(pk=deal.pk)
        found[source] = counted(row), Deal.objects.filter(pk=deal.pk).values_list(CHANCE)[0][0]

    assert found == {"stage": (20, 20), "historical": (40, 40), "manual": (70, 70)}


def test_where_the_chosen_one_is_missing_the_stages_counts(bob, sales):
    deal = make.deal(bob)

    for source in ("historical", "manual"):
        choose(sales, source)
        row = Deal.objects.select_related("stage", "pipeline").get(pk=deal.pk)
        assert [one.source for one in chances_of(row) if one.counts] == ["stage"]


def test_one_typed_by_hand_is_gone_with_the_next_stage(bob, sales):
    choose(sales, "manual")
    deal = deals.edit(make.deal(bob), values={"probability": 70}, by=bob)

    moved = deals.move(deal, to=make.stage("Proposal"), by=bob)

    assert (moved.probability, moved.probability_at, counted(moved)) == (None, None, 60)


def test_the_board_weighs_by_history_where_that_is_chosen(bob, sales):
    make.deal(bob, amount=Decimal(1000))
    won_and_lost(bob, won=8, lost=2)
    chances.recompute()

    seen = board(bob, Ask(choose(sales, "historical")))

    assert (seen.columns[0].chance, seen.total.weighted) == (Decimal("40.0"), Decimal(400))


def test_settings_can_tell_what_each_source_would_weigh(bob, sales):
    deals.edit(make.deal(bob, amount=Decimal(1000)), values={"probability": 70}, by=bob)
    won_and_lost(bob, won=8, lost=2)
    chances.recompute()

    found = {one.source: (one.weighted, one.is_chosen) for one in weights_of(sales)}

    assert found == {"stage": (200, True), "historical": (400, False), "manual": (700, False)}
    assert Pipeline.objects.get().probability_source == "stage"

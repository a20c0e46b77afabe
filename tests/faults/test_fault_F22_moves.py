"""Many people at one card, and into one slot, at the same instant."""

import time
from collections import Counter
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, connection

from leadflow.errors import LeadflowError, StaleVersion
from leadflow.events.models import Event
from pipeline.models import Deal
from pipeline.services import deals, pipelines, totals
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db(transaction=True)
CALLERS = 50


def all_at_once(work):
    """Run work(0) … work(49) in threads that start together; the outcomes by name, and the longest wait."""
    start, outcomes, waits = Barrier(CALLERS), Counter(), []

    def call(number):
        start.wait()
        began = time.monotonic()
        try:
            work(number)
            outcomes["done"] += 1
        except (LeadflowError, DatabaseError) as error:
            outcomes[type(error).__name__] += 1
        finally:
            waits.append(time.monotonic() - began)
            connection.close()

    threads = [Thread(target=call, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes, max(waits)


@pytest.mark.faults
def test_fault_F22_fifty_moves_of_one_card_end_in_one_place_and_49_are_told(bob):
    deal = make.deal(bob)
    stages = [make.stage(name) for name in ("Discovery", "Proposal", "Negotiation", "Contract")]

    outcomes, _longest = all_at_once(
        lambda n: deals.move(deal, to=stages[n % 4], version=deal.version, by=bob)
    )

    assert outcomes == {"done": 1, StaleVersion.__name__: CALLERS - 1}
    assert Event.objects.filter(kind="deal.moved").count() == 1
    assert totals.rebuild(pipelines.ensure_default()) == 0


@pytest.mark.faults
def test_fault_F22_fifty_cards_dropped_into_one_slot_get_fifty_ranks(bob):
    stage = make.stage("Proposal")
    above, below = (
        make.deal(bob, name="below", stage=stage),
        make.deal(bob, name="above", stage=stage),
    )
    above, below = below, above
    cards = [make.deal(bob) for _each in range(CALLERS)]

    outcomes, _longest = all_at_once(
        lambda n: deals.move(cards[n], to=stage, above=above.pk, below=below.pk, by=bob)
    )

    column = list(Deal.objects.filter(stage=stage).order_by("rank").values_list("pk", "rank"))
    assert outcomes == {"done": CALLERS}
    assert len({rank for _pk, rank in column}) == CALLERS + 2
    assert (column[0][0], column[-1][0]) == (above.pk, below.pk)
    assert totals.rebuild(pipelines.ensure_default()) == 0


@pytest.mark.faults
def test_fault_F22_moves_wins_and_edits_of_many_deals_never_deadlock(bob):
    ids = [make.deal(bob).pk for _each in range(6)]
    stages = [make.stage("Discovery"), make.stage("Proposal")]

    def work(number):
        turned = ids if number % 2 else ids[::-1]
        if number % 5 == 0:
            deals.assign_many(deal_ids=turned, owner=bob, by=bob)
        else:
            deals.move_many(deal_ids=turned, to=stages[number % 2], by=bob)

    outcomes, _longest = all_at_once(work)

    assert outcomes == {"done": CALLERS}
    assert totals.rebuild(pipelines.ensure_default()) == 0

import random
import time

import pytest
from django.db import transaction

from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.events.models import Event, EventFailure
from leadflow.models import Tag
from tests.faults.processes import start

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LEADS = 600


@pytest.fixture
def pending():
    with transaction.atomic():
        record_many(Kind.NOTE_ADDED, range(LEADS), data={"note": 1})


def relay_process():
    return start("-m", "tests.faults.relay_process")


def wait_until_ready(*processes):
    for process in processes:
        assert process.stdout.readline() == "ready\n"


def wait_until_in_second_batch(process):
    for _ in range(2):
        assert process.stdout.readline() == "batch\n"


def assert_each_reaction_happened_once():
    assert Tag.objects.count() == LEADS
    assert not EventFailure.objects.exists()
    seqs = list(Event.objects.order_by("id").values_list("seq", flat=True))
    assert None not in seqs
    assert len(set(seqs)) == LEADS


def test_a_relay_killed_mid_batch_loses_nothing_and_doubles_nothing(pending):
    chance = random.Random(7)
    before = 0
    for _ in range(4):
        with relay_process() as process:
            wait_until_ready(process)
            wait_until_in_second_batch(process)
            time.sleep(chance.uniform(0, 0.04))
            process.kill()
        done = Event.objects.exclude(dispatched_at=None).count()
        assert Tag.objects.count() == done  # a batch and its effects stand or fall together
        assert before < done < LEADS
        before = done

    with relay_process() as process:
        assert process.wait(60) == 0

    assert_each_reaction_happened_once()


def test_two_relays_at_once_do_the_work_of_one(pending):
    with relay_process() as one, relay_process() as other:
        wait_until_ready(one, other)
        assert [one.wait(60), other.wait(60)] == [0, 0]
    assert_each_reaction_happened_once()

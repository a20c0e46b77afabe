import random
import time
from contextlib import ExitStack
from datetime import timedelta

import pytest

from leadflow.mail.models import Delivery
from leadflow.models import Activity
from nurturing.models import Enrolment, StepDone
from nurturing.services import enrolment
from tests.factories.core import NOON
from tests.factories.nurturing import (
    a_reader,
    a_sequence,
    condition,
    mail_step,
    split,
    todo_step,
    wait_step,
)
from tests.faults import gate
from tests.faults.processes import start
from tests.faults.sizes import size

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LEADS = 90


def tick_process(at=NOON):
    return start("-m", "tests.faults.advance_process", at.isoformat())


def _taken(step, **more):
    return StepDone.objects.filter(step=step["id"], **more).count()


def test_fault_F02_a_tick_killed_at_any_moment_queues_each_mail_once():
    # whichever way somebody goes, she gets one mail, and one to-do of three steps taken is hers or none
    asks = condition(yes=[todo_step()], no=[])
    ways = split([mail_step("One")], [mail_step("Other")])
    sequence = a_sequence(asks, ways)
    ids = [a_reader(country="DE" if n % 3 else "FR").pk for n in range(LEADS)]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON)
    chance = random.Random(11)

    for _ in range(3):
        with tick_process() as process:
            assert process.stdout.readline() == "ready\n"
            assert process.stdout.readline() == "batch\n"
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
        # a batch, its mails, to-dos and steps stand or fall together
        done = Enrolment.objects.filter(state="finished").count()
        assert Delivery.objects.count() == done
        assert _taken(asks) == _taken(ways) == done
        assert Activity.objects.count() == _taken(asks, way="yes")

    assert 0 < done < LEADS
    with tick_process() as one, tick_process() as other:
        one.stdout.read(), other.stdout.read()
        assert (one.wait(60), other.wait(60)) == (0, 0)

    assert Delivery.objects.count() == _taken(asks) == _taken(ways) == LEADS
    assert Activity.objects.count() == _taken(asks, way="yes") == LEADS * 2 // 3
    assert Delivery.objects.values("lead").distinct().count() == LEADS
    assert not Enrolment.objects.under_way().exists()


def test_fault_F02_four_ticks_at_once_that_are_killed_take_each_step_once():
    # goal 6: exactly once under four workers and kill -9
    one, wait, two = mail_step("One"), wait_step(1), mail_step("Two")
    always = {"days": list(range(7)), "opens": "00:00", "closes": "23:59"}
    sequence = a_sequence(one, wait, two, window=always)
    people = size(600, 900)
    ids = [a_reader().pk for _ in range(people)]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON)
    chance = random.Random(6)

    for _round in range(size(1, 4)):
        with ExitStack() as stack:
            with gate.closed():
                four = [stack.enter_context(tick_process()) for _ in range(4)]
                for process in four:
                    assert process.stdout.readline() == "ready\n"
            assert four[0].stdout.readline() == "batch\n"
            for process in four:
                time.sleep(chance.uniform(0, 0.02))
                process.kill()
        # what is done is done whole: mail, both steps and the walk that goes on
        moved = Enrolment.objects.filter(step=two["id"], state="waiting").count()
        assert Delivery.objects.count() == _taken(one, delivery__isnull=False) == moved
        assert _taken(wait) == moved
    assert 0 < moved < people

    for at in (NOON, NOON + timedelta(days=2)):
        with ExitStack() as stack:
            four = [stack.enter_context(tick_process(at)) for _ in range(4)]
            for process in four:
                process.stdout.read()
            assert [process.wait(60) for process in four] == [0] * 4

    assert Delivery.objects.count() == 2 * people
    assert _taken(one) == _taken(wait) == _taken(two) == people
    assert Delivery.objects.values("lead").distinct().count() == people
    assert set(Enrolment.objects.values_list("state", flat=True)) == {"finished"}

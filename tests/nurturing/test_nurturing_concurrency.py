"""Never twice, never lost: ticks at the same time, and a tick that dies in the middle."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction

from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.mail.sender import Sender
from nurturing.models import Enrolment, StepDone, SubjectChosen
from nurturing.services import admitting, advancing, enrolment, policy, sending, subjects
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import (
    a_broadcast,
    a_reader,
    a_sequence,
    cast,
    mail_step,
    run_broadcast,
)
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def together(*works):
    """Run each in a thread with its own connection; what they raised."""
    errors = []

    def run(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001 - shown by the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_two_who_let_people_in_at_once_do_not_both_use_the_same_room():
    policy.change(by=None, free_send=2, approver=None)
    sequence = a_sequence(mail_step(), owner=UserFactory())
    people = [a_reader().pk for _ in range(4)]
    met = threading.Barrier(2)

    def enter(ids):
        def work():
            with transaction.atomic():
                met.wait(10)
                enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON)

        return work

    errors = together(enter(people[:2]), enter(people[2:]))

    assert not errors
    assert Enrolment.objects.count() == 2
    assert admitting.waiting(sequence).count() == 2


def test_two_ticks_at_once_send_each_mail_once():
    sequence = a_sequence(mail_step())
    people = [a_reader() for _ in range(30)]
    ids = [lead.pk for lead in people]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON)

    def tick():
        while advance_due(at=NOON, limit=4):
            pass

    errors = together(tick, tick, tick)

    assert errors == []
    assert Delivery.objects.count() == StepDone.objects.count() == 30
    assert set(Enrolment.objects.values_list("state", flat=True)) == {"finished"}


def test_two_triggers_at_once_let_her_in_once():
    sequence, lead = a_sequence(), a_reader()

    def enter():
        enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)

    errors = together(enter, enter, enter)

    assert errors == []
    assert Enrolment.objects.count() == 1


@pytest.mark.parametrize("moment", ["before the ledger", "after the ledger", "before the commit"])
def test_a_tick_that_dies_leaves_everything_as_it_was(monkeypatch, moment):
    sequence, lead = a_sequence(mail_step()), a_reader()
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)

    class Died(BaseException):
        pass

    def die(*args, **kwargs):
        raise Died

    @transaction.atomic
    def die_after(tick):
        tick(at=NOON)
        die()

    with monkeypatch.context() as patch:
        if moment == "before the ledger":
            patch.setattr(advancing, "_queue", die)
        elif moment == "after the ledger":
            queue = advancing._queue
            patch.setattr(advancing, "_queue", lambda batch: (queue(batch), die()))
        with pytest.raises(Died):
            die_after(advance_due)
    assert Delivery.objects.count() == 0
    assert Enrolment.objects.get().state == "pending"

    advance_due(at=NOON)
    advance_due(at=NOON)

    assert Delivery.objects.count() == 1


def test_ticks_and_a_person_at_once_choose_one_subject_for_everybody(monkeypatch):
    monkeypatch.setattr(subjects, "LEAST", 1)
    people = [a_reader() for _ in range(40)]
    tried = {"other_subjects": ["Old"], "sample_share": 50, "decide_after": 1}
    row = cast(a_broadcast(*people, **tried), at=clock.now())
    Sender().run()
    sending.push_due()
    later = clock.now() + timedelta(hours=2)

    def tick():
        sending.push_due(at=later)

    def choose():
        with suppress(Conflict):
            subjects.choose(row, subject=1, by=None)

    errors = together(tick, choose, tick, tick)
    sending.push_due(at=later)
    row.refresh_from_db()
    run_broadcast(row)

    assert errors == []
    chosen = SubjectChosen.objects.get()
    rest = row.recipients.filter(is_sample=False)
    assert set(rest.values_list("subject", "state")) == {(chosen.subject, "handed")}
    assert Delivery.objects.values("lead").distinct().count() == Delivery.objects.count() == 40

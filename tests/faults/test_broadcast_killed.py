import random
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.mail.sender import Sender
from leadflow.runs import leasing
from nurturing.services import sending, subjects
from tests.factories.nurturing import a_broadcast, a_reader, confirmed
from tests.faults.processes import start

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PEOPLE = 60


def worker(row):
    return start("-m", "tests.faults.broadcast_process", str(row.run_id))


def sender(sink):
    return start(
        "-m", "tests.faults.sender_process", SMTP_HOST="127.0.0.1", SMTP_PORT=str(sink.port),
        SMTP_SECURITY="none", SMTP_USER="",
    )  # fmt: skip


def after_chunks(process, number):
    assert process.stdout.readline() == "ready\n"
    for _ in range(number):
        assert process.stdout.readline() == "chunk\n"


def let_leases_lapse(row):
    row.run.refresh_from_db()
    if row.run.token:
        leasing.lapse(row.run_id, row.run.token)
    Delivery.objects.exclude(lease_until=None).update(lease_until=timezone.now())


def test_fault_F01_a_broadcast_whose_workers_are_killed_reaches_everybody_once(wired):
    row = confirmed(a_broadcast(*(a_reader() for _ in range(PEOPLE))), at=clock.now())
    chance = random.Random(5)

    for chunks in (2, 9):  # while the audience is fixed, while mails are handed over
        with worker(row) as work, sender(wired) as post:
            after_chunks(work, chunks)
            time.sleep(chance.uniform(0, 0.05))
            work.kill(), post.kill()
        let_leases_lapse(row)
    with worker(row) as one, worker(row) as other:  # a doubled task
        assert {one.stdout.read().split()[-1], other.stdout.read().split()[-1]} == {"done", "none"}
    sending.push_due()
    Sender().run()
    sending.push_due()

    row.refresh_from_db()
    got = Counter(mail["id"] for mail in wired.accepted)
    uncertain = Delivery.objects.filter(state="uncertain").count()
    assert set(got.values()) == {1}
    assert row.recipients.filter(state="handed").count() == PEOPLE
    assert Delivery.objects.values("lead").distinct().count() == Delivery.objects.count() == PEOPLE
    assert Delivery.objects.filter(state="sent").count() + uncertain == PEOPLE
    assert uncertain <= 2  # one for each sender that was killed
    assert row.state == "sent"


def test_fault_F01_a_pause_between_two_workers_sends_nothing_twice(wired):
    row = confirmed(a_broadcast(*(a_reader() for _ in range(PEOPLE))), at=clock.now())
    with worker(row) as work, sender(wired) as post:
        after_chunks(work, 12)
        sending.pause(row, by=None)
        left = len(wired.accepted)
        time.sleep(0.5)
        assert len(wired.accepted) - left <= 1  # what was begun ends
        post.kill()
    let_leases_lapse(row)

    row = sending.resume(row, by=None)
    with worker(row) as again:
        assert again.stdout.read().split()[-1] == "done"
    Sender().run()

    got = Counter(mail["id"] for mail in wired.accepted)
    assert set(got.values()) == {1}
    assert Delivery.objects.count() == PEOPLE
    assert len(got) + Delivery.objects.filter(state="uncertain").count() >= PEOPLE


def test_fault_F01_a_rest_whose_workers_are_killed_gets_the_chosen_subject_once(wired, monkeypatch):
    monkeypatch.setattr(subjects, "LEAST", 1)
    people = [a_reader() for _ in range(PEOPLE)]
    tried = {"other_subjects": ["Old"], "sample_share": 40, "decide_after": 1}
    row = confirmed(a_broadcast(*people, **tried), at=clock.now())
    with worker(row) as work:
        assert work.stdout.read().split()[-1] == "done"
    Sender().run()
    sending.push_due()
    sending.push_due(at=clock.now() + timedelta(hours=2))
    row.refresh_from_db()

    for chunks in (1, 6):  # while the rest is let go, while it is handed over
        with worker(row) as work:
            after_chunks(work, chunks)
            work.kill()
        let_leases_lapse(row)
    with worker(row) as one, worker(row) as other:
        assert {one.stdout.read().split()[-1], other.stdout.read().split()[-1]} == {"done", "none"}
    Sender().run()
    sending.push_due()

    row.refresh_from_db()
    assert set(Counter(mail["id"] for mail in wired.accepted).values()) == {1}
    assert Delivery.objects.values("lead").distinct().count() == Delivery.objects.count() == PEOPLE
    rest = row.recipients.filter(is_sample=False).values_list("delivery__subject", "state")
    assert set(rest) == {("News", "handed")}
    assert row.state == "sent"

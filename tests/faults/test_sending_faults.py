"""A bad hour of the mail server, poison, storms of opt-outs, and a broker that repeats itself."""

import random
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from leadflow.mail import outcomes, sender, smtp, transports
from leadflow.mail.models import Attempt, Delivery, Transport
from leadflow.mail.sender import Sender, send_due
from leadflow.mail.tasks import send_due as task
from leadflow.models import Lead
from leadflow.services import addresses
from nurturing.services import advancing, enrolment
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, mail_step
from tests.faults.sizes import IS_LONG
from tests.faults.test_mail_faults import in_threads, open_the_way, settle

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
MANY = 500 if IS_LONG else 60


def many(write, count=MANY, **fields):
    return [write(to=f"p{n}@customer.test-mail.com", **fields) for n in range(count)]


def states():
    return Counter(Delivery.objects.values_list("state", flat=True))


def doubled(sink):
    return [key for key, n in Counter(row["id"] for row in sink.accepted).items() if n > 1]


def test_fault_F15_hints_that_are_repeated_shuffled_and_dropped_change_nothing(wired, write):
    """The broker's messages carry nothing: each is a look at the table, whoever comes how often."""
    chance = random.Random(15)
    hints = []
    for n in range(MANY):
        write(to=f"p{n}@customer.test-mail.com")
        hints += ["look"] * 3
    chance.shuffle(hints)
    kept = [hint for hint in hints if chance.random() > 0.05]
    turns = [len(kept[place::4]) // (20 if IS_LONG else 8) for place in range(4)]

    in_threads(*[lambda turns=n: [task.run() for _ in range(turns)] for n in turns])
    settle()

    assert states() == {"sent": MANY}
    assert doubled(wired) == []
    assert Attempt.objects.count() == MANY


@pytest.mark.parametrize("reply", ["421 4.3.2 closing", "451 4.7.1 greylisted"])
def test_fault_F18_a_server_that_says_not_now_for_a_while_loses_nothing(wired, write, reply):
    rows = many(write, 20)
    wired.behave("rcpt", reply, times=30)

    for _ in range(8):
        send_due()
        open_the_way()
    wired.behave_well()
    settle()

    assert states() == {"sent": 20}
    assert doubled(wired) == []
    if reply.startswith("421"):  # said of the server, not of the message
        assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}
    assert len(rows) == 20


def test_fault_F18_one_in_seven_refused_and_its_neighbours_arrive(wired, write):
    rows = many(write)
    for row in rows[::7]:
        wired.behave("rcpt", "550 5.7.1 no", rcpt=row.to_address)

    send_due(limit=MANY)
    settle()

    refused = len(rows[::7])
    assert states() == {"failed": refused, "sent": MANY - refused}
    assert doubled(wired) == []
    assert wired.connections <= 2 + MANY // smtp.REUSE


def test_fault_F18_a_slow_server_costs_nobody_a_lease(wired, write):
    many(write, 5)
    wired.behave("accepted", "slow", times=99)

    send_due()

    assert states() == {"sent": 5}


def test_fault_F18_a_certificate_that_is_wrong_and_a_sign_in_that_is_refused_close_the_way_only(
    wired, write, settings
):
    row = write()
    settings.SMTP_SECURITY = "tls"  # the sink speaks no TLS: the handshake fails
    send_due()
    settings.SMTP_SECURITY, settings.SMTP_USER, settings.SMTP_PASSWORD = "none", "me", "wrong"
    open_the_way()
    send_due()

    delivery = Delivery.objects.get(pk=row.pk)
    assert (delivery.state, delivery.attempts, delivery.errors) == ("queued", 0, 0)
    assert Transport.objects.get().failures == 2
    settings.SMTP_USER = ""
    settle_all()
    assert states() == {"sent": 1}


def settle_all():
    open_the_way()
    settle()


def test_fault_F19_poison_fails_alone(wired, write, monkeypatch):
    rows = many(write, 30)
    poisoned = {row.pk for row in rows[::6]}
    usual = sender.compose

    def compose(delivery):
        if delivery.pk in poisoned:
            raise ValueError("this one cannot be written")
        return usual(delivery)

    monkeypatch.setattr(sender, "compose", compose)
    for _ in range(3):
        send_due()
        open_the_way()

    assert states() == {"failed": 5, "sent": 25}
    assert set(Delivery.objects.filter(state="failed").values_list("reason", flat=True)) == {
        "poison"
    }
    assert doubled(wired) == []


def test_fault_F19_an_address_that_spoils_the_envelope_fails_alone(wired, write):
    bad, good = write(), write(to="b@customer.test-mail.com")
    Delivery.objects.filter(pk=bad.pk).update(to_address="no address", to_norm="no address")

    for _ in range(3):
        send_due()
        open_the_way()

    found = dict(Delivery.objects.values_list("pk", "state"))
    assert found == {bad.pk: "failed", good.pk: "sent"}


@pytest.mark.parametrize("zone", ["Mars/Olympus", "\u202e", "../../etc/passwd", "Europe/Berlin "])
def test_fault_F19_a_zone_that_is_none_delays_nobody(wired, zone):
    leads = [a_reader() for _ in range(6)]
    Lead.objects.filter(pk=leads[0].pk).update(time_zone=zone)
    sequence = a_sequence(mail_step(), mail_step("More"))
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk for lead in leads], by=None, at=NOON)

    for days in range(8):
        while advancing.advance_due(at=NOON + timedelta(days=days)):
            pass
    Delivery.objects.filter(state="planned").update(not_before=timezone.now())
    settle_all()

    assert Counter(Delivery.objects.values_list("lead", flat=True)) == {
        lead.pk: 2 for lead in leads
    }
    assert states() == {"sent": 12}


def test_fault_F25_a_storm_of_opt_outs_while_sending(wired, write):
    rows = many(write)
    locked_at = {}

    def storm():
        while not Delivery.objects.filter(state="sent").exists():
            time.sleep(0.005)
        for row in reversed(rows):
            with transaction.atomic():
                addresses.lock([row.to_norm])
                with connection.cursor() as cursor:
                    cursor.execute("SELECT clock_timestamp()")
                    locked_at[row.pk] = cursor.fetchone()[0]
                addresses.suppress(email=row.to_norm, reason="unsubscribed", by=None)

    in_threads(lambda: send_due(limit=MANY), lambda: send_due(limit=MANY), storm)

    assert set(states()) == {"sent", "skipped"}
    late = [a for a in Attempt.objects.all() if a.began_at > locked_at[a.delivery_id]]
    assert late == []
    assert len(wired.accepted) == states()["sent"]


def test_fault_F07_two_dispatchers_and_two_workers_at_once_double_nothing(wired, write):
    many(write)
    Delivery.objects.update(not_before=timezone.now() - timezone.timedelta(seconds=40))
    done = threading.Event()

    def dispatcher():
        while not done.is_set():
            sender.rescue()

    def workers():
        Sender().run(limit=MANY)
        Sender().run(limit=MANY)
        done.set()

    in_threads(dispatcher, dispatcher, workers)

    assert states() == {"sent": MANY}
    assert doubled(wired) == []
    assert outcomes.resting() == ()
    assert transports.usual("marketing") == "smtp"

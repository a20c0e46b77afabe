"""Cuts, kills and races of the sending protocol. The sink's journal is the referee."""

import random
import signal
import sys
import threading
import time
from collections import Counter

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from leadflow.mail import ledger, smtp
from leadflow.mail.models import Attempt, Delivery
from leadflow.mail.sender import Sender, rescue, send_due
from leadflow.services import addresses
from tests.faults.processes import start
from tests.faults.sizes import size

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MANY = 80  # what four senders share: each claims twenty at once
CUTS = {
    # where the connection breaks: (what becomes of the message, did the server keep it)
    "refused": ("queued", False),
    "banner": ("queued", False),
    "ehlo": ("queued", False),
    "mail": ("queued", False),
    "rcpt": ("queued", False),
    "data": ("queued", False),
    "body": ("queued or uncertain", False),
    "dot": ("uncertain", False),
    "accepted": ("uncertain", True),
    "hang at data": ("queued", False),
    "hang after acceptance": ("uncertain", True),
}


@pytest.mark.parametrize("cut", CUTS)
def test_fault_F16_a_cut_is_classified_and_never_doubles(wired, write, state, settings, cut):
    delivery = write()
    if cut == "refused":
        settings.SMTP_PORT = 1
    elif cut.startswith("hang"):
        wired.behave("data" if "data" in cut else "accepted", "hang", times=2)
    else:
        wired.behave(cut, "cut", times=2)
    expected, kept = CUTS[cut]

    send_due()

    assert state(delivery).state in expected.split(" or ")
    assert len(wired.accepted) == int(kept)
    settings.SMTP_PORT = wired.port
    wired.behave_well()
    open_the_way()
    send_due()
    assert len(wired.accepted) <= 1
    assert state(delivery).state == ("uncertain" if expected == "uncertain" else "sent") or (
        cut == "body" and state(delivery).state == "uncertain"
    )


RANDOM_CUTS = ("mail", "rcpt", "data", "body", "dot", "accepted")
MIXED = size(60, 500)


def test_fault_F16_a_tenth_cut_at_each_point_doubles_nothing_and_settles_by_the_ledger(
    wired, write
):
    chance = random.Random(16)
    rows = [write(to=f"p{n}@customer.test-mail.com") for n in range(MIXED)]
    cut = {}
    for row in rows:
        if chance.random() < len(RANDOM_CUTS) / 10:
            cut[row.pk] = chance.choice(RANDOM_CUTS)
            wired.behave(cut[row.pk], "cut", times=2, rcpt=row.to_address)

    for _ in range(12):
        send_due(limit=MIXED * 4)
        open_the_way()

    arrived = Counter(row["id"] for row in wired.accepted)
    assert set(arrived.values()) == {1}
    for row in Delivery.objects.all():
        lost = cut.get(row.pk) in ("dot", "accepted")
        assert row.state == ("uncertain" if lost else "sent") or cut.get(row.pk) == "body"
        # kept by the server: what we call sent, and what was cut after it was kept
        assert (row.public_id.hex in arrived) == (
            row.state == "sent" or cut.get(row.pk) == "accepted"
        )


def open_the_way():
    """Let back-off and circuit breaker run out."""
    from leadflow.mail.models import Transport

    Transport.objects.update(open_until=None)
    Delivery.objects.filter(state="queued").update(not_before=timezone.now())


STEPS = {
    # where the process dies: (what becomes of its three messages, how often the sink got each)
    "claimed": ("sent sent sent", [1, 1, 1]),
    "354": ("sent sent sent", [1, 1, 1]),
    "begun": ("uncertain sent sent", [0, 1, 1]),
    "dot": ("uncertain sent sent", [1, 1, 1]),
    "answered": ("uncertain sent sent", [1, 1, 1]),
    "passed on": ("sent uncertain sent", [1, 0, 1]),
    "finished": ("sent sent sent", [1, 1, 1]),
}


def smtp_environment(sink):
    return {
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(sink.port), "SMTP_SECURITY": "none",
        "SMTP_USER": "",
    }  # fmt: skip


@pytest.mark.parametrize("turn", range(size(1, 10)))
@pytest.mark.parametrize("step", STEPS)
def test_fault_F03_a_kill_at_each_step_leaves_the_state_that_the_protocol_says(
    wired, write, state, step, turn
):
    rows = [write(to=f"p{n}@customer.test-mail.com") for n in range(3)]
    with start(
        "-m", "tests.faults.sender_process", CRASH_AT=step, **smtp_environment(wired)
    ) as dead:
        assert dead.wait(30) == -signal.SIGKILL
    assert Delivery.objects.filter(state="sending").count() <= 1
    Delivery.objects.exclude(lease_until=None).update(lease_until=timezone.now())

    send_due()

    expected, kept = STEPS[step]
    counts = Counter(row["id"] for row in wired.accepted)
    assert " ".join(state(row).state for row in rows) == expected
    assert [counts[row.public_id.hex] for row in rows] == kept


def test_the_end_of_a_message_and_the_beginning_of_the_next_are_one_commit(wired, write):
    first, second, _third = [write(to=f"p{n}@customer.test-mail.com") for n in range(3)]
    with start(
        "-m", "tests.faults.sender_process", CRASH_AT="passed on", **smtp_environment(wired)
    ) as dead:
        assert dead.wait(30) == -signal.SIGKILL

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, xmin::text FROM mail_delivery WHERE id = ANY(%s) ORDER BY id",
            [[first.pk, second.pk]],
        )
        (ended, of_first), (begun, of_second) = cursor.fetchall()
    assert (ended, begun) == ("sent", "sending")
    assert of_first == of_second


@pytest.mark.parametrize("cut", ["rcpt", "data", "body", "dot", "accepted"])
def test_fault_F16_a_cut_in_a_row_touches_no_neighbour(wired, write, state, cut):
    rows = [write(to=f"p{n}@customer.test-mail.com") for n in range(4)]
    wired.behave(cut, "cut", times=2, rcpt=rows[1].to_address)
    expected, kept = CUTS[cut]

    send_due()

    assert [state(row).state for row in (rows[0], *rows[2:])] == ["sent"] * 3
    assert state(rows[1]).state in expected.split(" or ")
    counts = Counter(row["id"] for row in wired.accepted)
    assert [counts[row.public_id.hex] for row in rows] == [1, int(kept), 1, 1]


def test_fault_F01_senders_killed_at_random_double_nothing_and_lose_nothing(wired, write):
    chance = random.Random(11)
    for n in range(60):
        write(to=f"p{n}@customer.test-mail.com")
    wired.behave("rcpt", "slow", times=10**6)
    kills = 0
    while kills < 6 and Delivery.objects.filter(state="queued").exists():
        pair = [
            start("-m", "tests.faults.sender_process", LEASE="1.5", **smtp_environment(wired))
            for _ in range(2)
        ]
        for process in pair:
            assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.2, 1.2))
        for process in pair:
            process.kill()
            process.communicate()
            kills += 1
    wired.behave_well()

    settle()

    states = Counter(Delivery.objects.values_list("state", flat=True))
    kept = Counter(row["id"] for row in wired.accepted)
    sent = {d.public_id.hex for d in Delivery.objects.filter(state="sent")}
    assert set(states) <= {"sent", "uncertain"}  # nothing is lost or stuck
    assert set(kept.values()) == {1}  # nothing is doubled
    assert sent <= set(kept)  # what we call sent has arrived
    assert states["uncertain"] <= kills


def settle():
    """Send until nothing is under way, letting leases run out as time would."""
    Delivery.objects.exclude(lease_until=None).update(lease_until=timezone.now())
    while sum(Sender().run().values()):
        open_the_way()


def test_fault_F05_a_sender_that_is_asked_to_stop_finishes_its_message(wired, write):
    for n in range(30):
        write(to=f"p{n}@customer.test-mail.com")
    wired.behave("rcpt", "slow", times=10**6)
    with start("-m", "tests.faults.sender_process", **smtp_environment(wired)) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(1)
        began = time.monotonic()
        process.terminate()
        assert process.wait(30) == 0
    wired.behave_well()

    assert time.monotonic() - began < 30
    states = Counter(Delivery.objects.values_list("state", flat=True))
    assert set(states) == {"sent", "queued"}
    assert len(wired.accepted) == states["sent"]


def in_threads(*works):
    """Run them at once, each with a database connection of its own; re-raises what one raised."""
    errors = []

    def run(work):
        try:
            work()
        except (Exception, AssertionError) as error:  # noqa: BLE001 - raised again below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 20)  # else whoever gets an answer waits behind whoever computes
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(usual)
    if errors:
        raise errors[0]


def test_senders_at_work_together_never_double(wired, write):
    for n in range(MANY):
        write(to=f"p{n}@customer.test-mail.com")

    in_threads(*[send_due] * 4)

    assert Counter(Delivery.objects.values_list("state", flat=True)) == {"sent": MANY}
    assert set(Counter(row["id"] for row in wired.accepted).values()) == {1}
    assert len(wired.accepted) == MANY


def test_begin_waits_for_an_opt_out_under_way_and_then_refuses(write):
    write()
    (claimed,) = ledger.claim()
    locked, answers = threading.Event(), []

    def opt_out():
        with transaction.atomic():
            addresses.suppress(email=claimed.to_norm, reason="unsubscribed", by=None)
            locked.set()
            time.sleep(0.5)
            assert answers == []  # begin is still waiting

    def begin():
        locked.wait(5)
        answers.append(ledger.begin(claimed, transport="smtp"))

    in_threads(opt_out, begin)

    assert answers == [None]


def test_who_waits_for_an_opt_out_keeps_no_answer_waiting(write, state):
    """The second message waits for its address; the first is known to be sent meanwhile."""
    write(), write(to="bob@customer.test-mail.com")
    first, second = ledger.claim()
    no = ledger.begin(first, transport="smtp")
    locked, answers, seen = threading.Event(), [], []

    def opt_out():
        with transaction.atomic():
            addresses.suppress(email=second.to_norm, reason="unsubscribed", by=None)
            locked.set()
            ends = time.monotonic() + 20
            while state(first).state != "sent" and time.monotonic() < ends:
                time.sleep(0.01)
            seen.append((state(first).state, list(answers)))

    def pass_on():
        locked.wait(5)
        accepted = ledger.Accepted(first, no, ledger.Answer(250, "ok"))
        answers.append(ledger.pass_on(accepted, second, transport="smtp"))

    in_threads(opt_out, pass_on)

    assert seen == [("sent", [])]
    assert answers == [None]
    assert state(second).state == "skipped"


def test_fault_F25_no_message_begins_after_its_opt_out_has_committed(wired, write):
    rows = [write(to=f"p{n}@customer.test-mail.com") for n in range(60)]
    locked_at = {}

    def opt_everybody_out():
        order = rows[:]
        random.Random(3).shuffle(order)
        while Delivery.objects.filter(state="sent").count() <= 5:
            time.sleep(0.01)  # else the first mail may leave after the last has opted out
        for row in order:
            with transaction.atomic():
                addresses.lock([row.to_norm])
                with connection.cursor() as cursor:
                    cursor.execute("SELECT clock_timestamp()")
                    locked_at[row.pk] = cursor.fetchone()[0]
                addresses.suppress(email=row.to_norm, reason="unsubscribed", by=None)

    in_threads(send_due, send_due, opt_everybody_out)

    states = Counter(Delivery.objects.values_list("state", flat=True))
    assert set(states) == {"sent", "skipped"}
    assert states["sent"] > 5
    assert states["skipped"] > 5
    late = [a for a in Attempt.objects.all() if a.began_at > locked_at[a.delivery_id]]
    assert late == []


def test_a_zombie_that_wakes_after_its_lease_sends_nothing(wired, write, state):
    delivery = write()
    woken = threading.Event()

    class Sleepy(smtp.Wire):
        """Stops for longer than its lease between 354 and the message."""

        def hand_over(self, sender, recipient, message, begin):
            def late():
                Delivery.objects.update(lease_until=timezone.now())
                in_threads(send_due)
                woken.set()
                return begin()

            return super().hand_over(sender, recipient, message, late)

    Sender(ways=lambda _name: lambda: Sleepy("127.0.0.1", wired.port, timeout=2)).run()

    assert woken.is_set()
    assert state(delivery).state == "sent"
    assert len(wired.accepted) == 1


def test_fault_F13_mail_goes_out_while_no_worker_does(wired, write, state):
    delivery = write()
    assert rescue() == 0  # not yet: the workers have their 30 seconds
    Delivery.objects.update(not_before=timezone.now() - timezone.timedelta(seconds=31))

    assert rescue() == 1

    assert state(delivery).state == "sent"


def test_fault_F12_a_broker_that_is_down_does_not_stop_queueing(
    settings, write, state, monkeypatch
):
    from celery import current_app
    from kombu.exceptions import OperationalError

    def down(*_args, **_kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(current_app, "send_task", down)

    assert state(write()).state == "queued"


def test_two_claims_at_once_share_the_work_without_waiting(write):
    for n in range(4):
        write(to=f"p{n}@customer.test-mail.com")
    first_has_claimed, second_is_done = threading.Event(), threading.Event()
    got = {}

    def first():
        with transaction.atomic():
            got["first"] = ledger.claim(limit=2)
            first_has_claimed.set()
            assert second_is_done.wait(5), "the second claim waited for the first"

    def second():
        first_has_claimed.wait(5)
        got["second"] = ledger.claim(limit=4)
        second_is_done.set()

    in_threads(first, second)

    ids = [delivery.pk for name in ("first", "second") for delivery in got[name]]
    assert len(ids) == len(set(ids)) == 4

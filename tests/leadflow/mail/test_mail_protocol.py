"""The states of security-reliability 2.3, one behaviour each, against a real SMTP dialogue."""

import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from leadflow.events.models import Event
from leadflow.mail import ledger, outcomes, services, smtp
from leadflow.mail.models import Attempt, Delivery, Transport
from leadflow.mail.sender import Sender, send_due
from leadflow.models import Suppression
from leadflow.services import addresses
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db(transaction=True)


def lapse(delivery, *, seconds=300):
    """Let the lease of a delivery run out."""
    Delivery.objects.filter(pk=delivery.pk).update(
        lease_until=timezone.now() - timedelta(seconds=seconds)
    )


def test_a_queued_message_is_sent_once_with_its_attempt(wired, write, state):
    delivery = write()

    send_due()
    send_due()

    row = state(delivery)
    assert (row.state, row.transport, row.smtp_code) == ("sent", "smtp", 250)
    assert [m["message_id"] for m in wired.accepted] == [row.message_id]
    assert [(a.no, a.phase) for a in Attempt.objects.all()] == [(1, "accepted")]


def test_the_same_key_is_one_message(wired, write):
    one = write(key="broadcast:1:lead:1")
    two = write(key="broadcast:1:lead:1", subject="Other")

    send_due()

    assert one.pk == two.pk
    assert len(wired.accepted) == 1


def test_a_planned_message_waits_for_its_time(wired, write, state):
    delivery = write(due_at=timezone.now() + timedelta(hours=1))

    send_due()
    assert state(delivery).state == "planned"
    Delivery.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    send_due()

    assert state(delivery).state == "sent"


def test_stale_marketing_waits_for_a_person(wired, write, state):
    delivery = write(due_at=timezone.now() + timedelta(hours=1))
    Delivery.objects.update(not_before=timezone.now() - timedelta(hours=25))

    send_due()
    assert (state(delivery).state, wired.accepted) == ("planned", [])
    assert list(Delivery.objects.held()) == [delivery]
    outcomes.let_go(ids=[delivery.pk])
    send_due()

    assert state(delivery).state == "sent"


def test_a_cancelled_message_never_leaves(wired, write, state):
    delivery = write()

    assert services.cancel(keys=[delivery.key], reason="The owner stopped it") == 1
    send_due()

    assert (state(delivery).state, state(delivery).reason) == ("skipped", "The owner stopped it")
    assert wired.accepted == []


def test_cancelling_fences_a_message_that_is_claimed_already(wired, write, state):
    write()
    (claimed,) = ledger.claim()

    services.cancel(keys=[claimed.key], reason="stop")

    assert ledger.begin(claimed, transport="smtp") is None
    assert state(claimed).state == "skipped"


def test_what_people_wait_for_passes_a_broadcast_under_way(write):
    many = [write(to=f"p{n}@customer.test-mail.com") for n in range(9)]
    link = write(kind="essential")

    claimed = ledger.claim(limit=3)

    assert claimed == [link, *many[:2]]


def test_the_claim_walks_along_its_index(write):
    write()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM mail_delivery WHERE state = 'queued'"
            " AND not_before <= statement_timestamp()"
            " ORDER BY (kind = 'marketing'), not_before, id LIMIT 20 FOR UPDATE SKIP LOCKED"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "delivery_next" in plan
    assert "Sort" not in plan


def test_a_dead_claim_waits_again(write, state):
    delivery = write()
    ledger.claim()
    lapse(delivery)

    ledger.expire()

    assert (state(delivery).state, state(delivery).token) == ("queued", None)


def test_a_zombie_that_lost_its_lease_cannot_begin(write):
    delivery = write()
    (zombie,) = ledger.claim()
    lapse(delivery)
    assert ledger.begin(zombie, transport="smtp") is None
    ledger.expire()
    (other,) = ledger.claim()

    assert ledger.begin(zombie, transport="smtp") is None
    assert ledger.begin(other, transport="smtp") == 1


def test_a_dead_sender_leaves_marketing_uncertain_and_it_is_not_repeated(wired, write, state):
    delivery = write()
    (claimed,) = ledger.claim()
    ledger.begin(claimed, transport="smtp")
    lapse(delivery)

    send_due()

    assert state(delivery).state == "uncertain"
    assert wired.accepted == []


def test_a_late_answer_may_still_turn_uncertain_into_sent(write, state):
    delivery = write()
    (claimed,) = ledger.claim()
    no = ledger.begin(claimed, transport="smtp")
    lapse(delivery)
    ledger.expire()
    assert state(delivery).state == "uncertain"

    assert ledger.finish(claimed, no, ledger.Answer(250, "ok"))

    assert state(delivery).state == "sent"


def test_essential_mail_is_repeated_with_the_same_message_id(wired, write, state):
    delivery = write(kind="essential")
    wired.behave("accepted", "cut")

    send_due()
    assert state(delivery).state == "uncertain"
    send_due()

    assert state(delivery).state == "sent"
    ids = [m["message_id"] for m in wired.accepted]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_essential_mail_is_tried_three_times_at_most(wired, write, state):
    delivery = write(kind="essential")
    wired.behave("accepted", "cut", times=9)

    for _ in range(5):
        send_due()

    assert (state(delivery).state, state(delivery).tries) == ("uncertain", 3)
    assert len(wired.accepted) == 3


@pytest.mark.parametrize(
    ("verb", "code"), [("mail", 451), ("rcpt", 450), ("data", 452), ("dot", 451)]
)
def test_a_4xx_at_any_verb_waits_by_the_back_off_list(wired, write, state, verb, code):
    delivery = write()
    wired.behave(verb, f"{code} 4.2.0 later")

    send_due()

    row = state(delivery)
    assert (row.state, row.attempts, row.smtp_code) == ("queued", 1, code)
    assert timedelta(seconds=50) < row.not_before - timezone.now() <= timedelta(seconds=60)
    Delivery.objects.update(not_before=timezone.now())
    send_due()
    assert state(delivery).state == "sent"


def test_the_back_off_list_ends_in_failure(wired, write, state):
    delivery = write()
    wired.behave("rcpt", "450 4.2.0 later", times=99)
    waits = []

    for _ in range(7):
        send_due()
        waits.append(round((state(delivery).not_before - timezone.now()).total_seconds() / 60))
        Delivery.objects.update(not_before=timezone.now())

    assert waits[:6] == [1, 5, 15, 60, 240, 720]
    assert (state(delivery).state, state(delivery).smtp_code) == ("failed", 450)


@pytest.mark.parametrize("verb", ["mail", "rcpt", "data", "dot"])
def test_a_5xx_at_any_verb_fails_and_the_neighbour_goes_out(wired, write, state, verb):
    bad, good = write(to="bad@customer.test-mail.com"), write(to="good@customer.test-mail.com")
    wired.behave(verb, "554 5.7.1 no")

    send_due()

    assert [state(bad).state, state(good).state] == ["failed", "sent"]
    assert not Suppression.objects.exists()


def test_an_address_that_does_not_exist_is_suppressed(wired, write, state):
    delivery = write()
    wired.behave("rcpt", "550 5.1.1 no such user")

    send_due()
    later = write(kind="notice")
    send_due()

    assert state(delivery).state == "failed"
    assert Suppression.objects.get().reason == "hard_bounce"
    assert (state(later).state, state(later).reason) == ("skipped", "The address is suppressed")


@pytest.mark.parametrize(
    ("point", "reply", "gone"),
    [
        ("rcpt", "550 No such user here", True),
        ("rcpt", "550 5.2.1 mailbox disabled", True),
        ("rcpt", "550 5.7.1 blocked by policy", False),
        ("rcpt", "550 5.7.1 <ann@x.example>... No such user here", True),
        ("rcpt", "550 5.1.1 The mailbox of ann is over its quota", False),
        ("rcpt", "550 The mailbox is full", False),
        ("rcpt", "550 Refused by policy", False),
        ("rcpt", "550 Relay access denied", False),
        ("rcpt", "550 5.1.8 Sender address rejected: Domain not found", False),
        ("rcpt", "550 5.1.1 Too many messages from you, try again later", False),
        ("rcpt", "550 No", True),
        ("rcpt", "554 This user does not have an account here", True),
        ("mail", "550 User unknown", False),
        ("data", "554 5.1.1 No such user here", True),
        ("rcpt", "552 5.2.2 mailbox full", False),
        ("rcpt", "552 too much mail", False),
        ("mail", "550 not from you", False),
    ],
)
def test_only_what_is_said_of_the_receiver_suppresses_the_address(wired, write, point, reply, gone):
    write()
    wired.behave(point, reply)

    send_due()

    assert Suppression.objects.exists() is gone


def test_a_hard_bounce_is_told_of_the_lead(wired, write):
    lead = a_lead("ann@customer.test-mail.com")
    write(kind="personal", lead_id=lead.pk)
    wired.behave("rcpt", "550 5.1.1 no such user")

    send_due()

    told = Event.objects.filter(lead_id=lead.pk).order_by("-id").values_list("kind", flat=True)
    assert list(told[:2]) == ["address.suppressed", "delivery.failed"]


@pytest.mark.parametrize(
    ("point", "reply"), [("rcpt", "421 4.3.2 closing"), ("mail", "454 4.7.0 no")]
)
def test_a_transport_that_says_it_is_down_burns_no_attempt(wired, write, state, point, reply):
    one, two = write(), write()
    wired.behave(point, reply)

    send_due()

    assert [state(d).state for d in (one, two)] == ["queued", "queued"]
    assert [state(d).attempts for d in (one, two)] == [0, 0]
    assert Transport.objects.get().failures == 1
    send_due()
    assert wired.connections == 1  # the breaker is open: nobody knocks
    Transport.objects.update(open_until=timezone.now())
    send_due()
    assert [state(d).state for d in (one, two)] == ["sent", "sent"]
    assert Transport.objects.get().failures == 0


def test_a_refused_connection_opens_the_breaker_for_longer_each_time(settings, write, state):
    settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_SECURITY = "127.0.0.1", 1, "none"
    delivery = write()
    rests = []

    for _ in range(4):
        send_due()
        row = Transport.objects.get()
        rests.append(round((row.open_until - timezone.now()).total_seconds()))
        Transport.objects.update(open_until=timezone.now())

    assert rests == [10, 30, 60, 300]
    assert (state(delivery).state, state(delivery).attempts) == ("queued", 0)


def test_a_message_that_cannot_be_written_fails_alone_after_three_errors(
    wired, write, state, monkeypatch
):
    bad, good = write(), write(to="good@customer.test-mail.com")
    Delivery.objects.filter(pk=bad.pk).update(from_address="a@b@c\r\nBcc: d")

    for _ in range(3):
        send_due()
        Delivery.objects.filter(state="queued").update(not_before=timezone.now())

    assert (state(bad).state, state(bad).reason) == ("failed", "poison")
    assert state(good).state == "sent"


@pytest.mark.slow
def test_one_session_serves_a_hundred_messages(wired, write):
    for _ in range(101):
        write()

    send_due(limit=200)

    assert len(wired.accepted) == 101
    assert wired.connections == 2


def test_a_session_that_died_between_messages_is_replaced_without_burning_an_attempt(
    wired, write, state
):
    one, two = write(), write()
    wired.behave("mail", "250 ok")
    wired.behave("mail", "cut")

    send_due()

    assert [state(d).state for d in (one, two)] == ["sent", "sent"]
    assert state(two).attempts == 0


def test_a_database_that_goes_away_after_354_does_not_leave_the_server_waiting_for_text(wired):
    def begin():
        raise OperationalError("server closed the connection unexpectedly")

    wire = smtp.connect()
    began = time.monotonic()
    with pytest.raises(OperationalError):
        wire.hand_over("us@crm.example", "ann@shop.example", b"Subject: hello\r\n\r\nhi\r\n", begin)
    wire.goodbye()

    assert time.monotonic() - began < smtp.PARTING  # a QUIT inside the message is never answered
    assert wire.sock is None
    assert wired.accepted == []


def test_stopping_gives_the_rest_of_the_batch_back(wired, write):
    for _ in range(5):
        write()
    sender = Sender(stop=lambda: sum(sender.tally.values()) >= 2)

    sender.run()

    states = sorted(Delivery.objects.values_list("state", flat=True))
    assert states == ["queued", "queued", "queued", "sent", "sent"]
    assert not Delivery.objects.filter(state="queued").exclude(token=None).exists()


def test_a_slow_server_does_not_cost_the_rest_its_lease(wired, write):
    for _ in range(3):
        write()
    wired.behave("rcpt", "slow", times=3)

    Sender(lease=timedelta(seconds=1)).run()

    assert len(wired.accepted) == 3


def test_a_server_that_thinks_before_the_next_text_keeps_no_answer_waiting(wired, write, state):
    first, second = write(), write(to="bob@customer.test-mail.com")
    wired.behave("rcpt", "slow", rcpt=second.to_address)  # a hundredth of a second for each byte

    send_due()

    waited = state(second).began_at - state(first).sent_at
    assert waited > timedelta(seconds=0.2)


def test_a_fenced_message_lets_the_one_before_it_be_sent(wired, write, state):
    rows = [write(to=f"p{n}@customer.test-mail.com") for n in range(3)]
    begin = ledger.pass_on

    def opt_out_first(accepted, following, **more):
        addresses.suppress(email=rows[1].to_norm, reason="unsubscribed", by=None)
        return begin(accepted, following, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "pass_on", opt_out_first)
        send_due()

    assert [state(row).state for row in rows] == ["sent", "skipped", "sent"]
    assert len(wired.accepted) == 2
    told = Event.objects.filter(kind="delivery.sent")
    assert told.count() == 0  # nobody that they are about
    assert [a.phase for a in Attempt.objects.order_by("delivery_id")] == ["accepted", "accepted"]


def test_messages_in_a_row_are_told_of_their_leads_once_each(wired, write):
    leads = [a_lead(f"l{n}@customer.test-mail.com") for n in range(3)]
    for lead in leads:
        write(to=lead.email, lead_id=lead.pk)

    send_due()
    send_due()

    told = Event.objects.filter(kind="delivery.sent").order_by("id")
    assert [event.lead_id for event in told] == [lead.pk for lead in leads]
    assert all(event.data["delivery"] == event.subject_id for event in told)


def test_an_address_that_no_envelope_takes_keeps_the_one_before_it_in_order(wired, write, state):
    good, bad, last = [write(to=f"p{n}@customer.test-mail.com") for n in range(3)]
    Delivery.objects.filter(pk=bad.pk).update(to_address="p1\r\nRCPT TO:<x@y.example>@z.example")

    send_due()

    assert [state(row).state for row in (good, bad, last)] == ["sent", "queued", "sent"]
    assert [row["rcpt"] for row in wired.accepted] == [[good.to_address], [last.to_address]]


def test_the_function_of_the_database_asks_what_the_claim_asks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'mail_begin'")
        (source,) = cursor.fetchone()

    for condition in (ledger._SUPPRESSED, ledger._PAUSED, ledger._HELD):
        assert " ".join(condition.split()) in " ".join(source.split())


def test_an_opt_out_before_begin_skips_and_after_it_does_not(write, state):
    early, late = write(), write(to="bob@customer.test-mail.com")
    claimed = {d.pk: d for d in ledger.claim()}
    assert ledger.begin(claimed[late.pk], transport="smtp") == 1

    for delivery in (early, late):
        addresses.suppress(
            email=delivery.to_norm, purpose="marketing", reason="unsubscribed", by=None
        )

    assert ledger.begin(claimed[early.pk], transport="smtp") is None
    assert [state(early).state, state(late).state] == ["skipped", "sending"]


def test_suppression_of_a_purpose_stops_only_that_marketing(wired, write, state):
    addresses.suppress(
        email="ann@customer.test-mail.com", purpose="news", reason="unsubscribed", by=None
    )
    news, offers = write(purpose="news"), write(purpose="offers")
    personal, reset = write(kind="personal"), write(kind="essential")

    send_due()

    got = [state(d).state for d in (news, offers, personal, reset)]
    assert got == ["skipped", "sent", "sent", "sent"]


def test_suppression_of_everything_lets_only_essential_mail_through(wired, write, state):
    addresses.suppress(email="ann@customer.test-mail.com", reason="complaint", by=None)
    kinds = ["marketing", "personal", "notice", "essential"]
    rows = [write(kind=kind) for kind in kinds]

    send_due()

    assert [state(d).state for d in rows] == ["skipped", "skipped", "skipped", "sent"]


def test_without_smtp_everything_stays_in_the_local_outbox(sink, write, state):
    delivery = write()

    send_due()

    assert (state(delivery).state, state(delivery).transport) == ("sent", "outbox")
    assert sink.connections == 0


def test_demo_mail_never_leaves_whatever_is_configured(wired, write, state):
    demo, live = write(origin="demo"), write(to="bob@customer.test-mail.com")

    send_due()

    assert [state(demo).transport, state(live).transport] == ["outbox", "smtp"]
    assert len(wired.accepted) == 1


def test_demo_mail_is_kept_while_the_breaker_is_open(wired, write, state):
    outcomes.trip("away")
    demo, live = write(origin="demo"), write()

    send_due()

    assert [state(demo).state, state(live).state] == ["sent", "queued"]


@pytest.mark.parametrize(
    ("decide", "becomes"),
    [(outcomes.mark_sent, "sent"), (outcomes.write_off, "failed"), (outcomes.resend, "queued")],
)
def test_a_person_decides_about_an_uncertain_message(write, state, decide, becomes):
    delivery = write()
    (claimed,) = ledger.claim()
    no = ledger.begin(claimed, transport="smtp")
    outcomes.lose(claimed, ledger.Answer(None, "cut"), no=no)
    assert list(Delivery.objects.uncertain()) == [delivery]

    decide(delivery=delivery, by=None)

    assert state(delivery).state == becomes
    with pytest.raises(Exception, match="no longer uncertain"):
        decide(delivery=delivery, by=None)


def test_an_uncertain_message_is_written_off_after_72_hours(write, state):
    delivery = write()
    (claimed,) = ledger.claim()
    no = ledger.begin(claimed, transport="smtp")
    outcomes.lose(claimed, ledger.Answer(None, "cut"), no=no)
    Delivery.objects.update(began_at=timezone.now() - timedelta(hours=73))

    ledger.expire()

    assert state(delivery).state == "failed"


def test_mail_never_leaves_inside_a_transaction(wired, write, state):
    from django.db import transaction

    delivery = write()

    with transaction.atomic():
        send_due()

    assert wired.accepted == []
    assert state(delivery).errors == 1
    assert not connection.in_atomic_block


def test_a_batch_of_suppressed_messages_does_not_hide_those_behind_it(wired, write, state):
    for n in range(25):
        write(to=f"gone{n}@customer.test-mail.com")
        addresses.suppress(email=f"gone{n}@customer.test-mail.com", reason="unsubscribed", by=None)
    last = write()

    send_due()

    assert state(last).state == "sent"
    assert Delivery.objects.filter(state="skipped").count() == 25


def test_a_late_answer_does_not_overturn_what_a_person_decided(write, state):
    delivery = write()
    (claimed,) = ledger.claim()
    no = ledger.begin(claimed, transport="smtp")
    outcomes.lose(claimed, ledger.Answer(None, "cut"), no=no)
    outcomes.write_off(delivery=delivery, by=None)

    assert not ledger.finish(claimed, no, ledger.Answer(250, "ok"))

    assert state(delivery).state == "failed"


@pytest.mark.parametrize("settle", ["its receiver answered", "a late answer before"])
def test_a_late_answer_tells_nothing_of_what_was_known_to_be_sent(write, state, settle):
    delivery = write(
        to="late@customer.test-mail.com", lead_id=a_lead("late@customer.test-mail.com").pk
    )
    (claimed,) = ledger.claim()
    no = ledger.begin(claimed, transport="smtp")
    lapse(delivery)
    ledger.expire()
    if settle == "its receiver answered":
        outcomes.arrived(claimed, "It was answered")
    else:
        ledger.finish(claimed, no, ledger.Answer(250, "ok"))

    assert not ledger.finish(claimed, no, ledger.Answer(250, "ok"))

    assert state(delivery).state == "sent"
    assert Event.objects.filter(kind="delivery.sent").count() == 1

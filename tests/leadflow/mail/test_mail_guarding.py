"""Guard rails that pause a sender, and limits of pace: both from the ledger."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leadflow.events.models import Event
from leadflow.mail import guarding, ledger, limits, outcomes
from leadflow.mail.guarding import Numbers
from leadflow.mail.ledger import Answer
from leadflow.mail.models import Delivery, SenderGuard
from leadflow.mail.sender import Sender, send_due
from leadflow.notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)
OURS = "leadflow@localhost.example"


@pytest.fixture
def went(write):
    """went(count): so many marketing mails were accepted."""

    def sent(count, sender=OURS):
        rows = [write(to=f"{sender[:3]}{n}@customer.test-mail.com") for n in range(count)]
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            state="sent", sent_at=timezone.now(), began_at=timezone.now(),
            settled_at=timezone.now(), from_address=sender,
        )  # fmt: skip
        return rows

    return sent


@pytest.mark.parametrize(
    ("numbers", "verdict"),
    [
        (Numbers(99, 50, 50), ""),
        (Numbers(100, 1, 0), ""),
        (Numbers(1_000, 2, 0), "warn"),
        (Numbers(1_000, 3, 0), "pause"),
        (Numbers(3_000, 2, 0), ""),
        (Numbers(100, 0, 4), ""),
        (Numbers(100, 0, 5), "pause"),
        (Numbers(200, 0, 9), ""),
        (Numbers(), ""),
    ],
)
def test_shares_count_from_a_hundred_messages_on(numbers, verdict):
    assert numbers.verdict == verdict


def test_complaints_pause_the_marketing_of_that_sender_and_nothing_else(
    wired, write, went, state, alice, max, bob, drain_events
):
    rows = went(120)
    went(120, sender="other@ours.test-mail.com")
    for row in rows[:2]:
        outcomes.complain(Delivery.objects.get(pk=row.pk), "abuse")

    assert guarding.watch() == 1

    marketing, essential = write(), write(kind="essential")
    other = write()
    Delivery.objects.filter(pk=other.pk).update(from_address="other@ours.test-mail.com")
    send_due()
    assert [state(d).state for d in (marketing, essential, other)] == ["queued", "sent", "sent"]
    guard = SenderGuard.objects.get(paused_at__isnull=False)
    assert (guard.from_address, "2 complaints (1.67 %)" in guard.reason) == (OURS, True)
    drain_events()
    told = Notification.objects.filter(key__startswith="sender:")
    assert set(told.values_list("user__email", flat=True)) == {alice.email, max.email}

    guarding.resume(guard=guard, by=max)
    assert guarding.watch() == 0  # what went before is no longer counted
    send_due()
    assert state(marketing).state == "sent"
    whats = [event.data["what"] for event in Event.objects.filter(kind="sender.judged")]
    assert whats == ["paused", "resumed"]


def test_bounces_and_addresses_that_are_refused_as_wrong_pause_together(went):
    rows = went(100)
    for row in rows[:3]:
        outcomes.bounce(Delivery.objects.get(pk=row.pk), Answer(550, "5.1.1 no such user"))
    Delivery.objects.filter(pk__in=[row.pk for row in rows[3:5]]).update(
        state="failed", reason=outcomes.GONE, settled_at=timezone.now()
    )

    assert guarding.watch() == 1
    assert guarding.watch() == 0


def test_a_warning_comes_once_before_the_pause(went, drain_events, alice):
    rows = went(1_000)
    for row in rows[:2]:
        outcomes.complain(Delivery.objects.get(pk=row.pk), "abuse")

    assert [guarding.watch(), guarding.watch()] == [0, 0]

    drain_events()
    (told,) = Notification.objects.filter(user=alice)
    assert "close to being paused" in told.sentence
    assert not guarding.paused()


def test_what_is_older_than_a_week_is_no_longer_counted(went):
    rows = went(120)
    for row in rows[:5]:
        outcomes.complain(Delivery.objects.get(pk=row.pk), "abuse")
    Delivery.objects.update(settled_at=timezone.now() - timedelta(days=8))

    assert guarding.watch() == 0


def test_a_pause_fences_what_is_claimed_already_and_leaves_it_waiting(write, state, alice):
    delivery = write()
    (claimed,) = ledger.claim()
    guarding.pause(from_address=OURS, reason="Wrong list", by=alice)

    assert ledger.begin(claimed, transport="smtp") is None
    assert (state(delivery).state, state(delivery).token) == ("queued", None)
    assert not ledger.is_overdue(timedelta(0))  # nobody has to step in for it


def test_she_pauses_and_resumes_on_the_page(client, max, went):
    went(3)
    client.force_login(max)
    client.post("/settings/deliverability/pause/", {"sender": OURS, "reason": "Wrong list"})
    page = client.get("/settings/deliverability/").content.decode()
    assert "is paused" in page
    assert "Wrong list" in page
    guard = SenderGuard.objects.get()

    client.post(f"/settings/deliverability/resume/{guard.pk}/")

    assert "is paused" not in client.get("/settings/deliverability/").content.decode()


def test_a_limit_to_a_domain_is_kept_and_others_pass(wired, write, state, alice):
    limits.set_limit(scope="domain", name="slow.test-mail.com", most=3, span=60, by=alice)
    slow = [write(to=f"p{n}@slow.test-mail.com") for n in range(6)]
    fast = [write(to=f"p{n}@fast.test-mail.com") for n in range(3)]

    Sender().run()
    Sender().run()

    assert [state(d).state for d in slow] == ["sent"] * 3 + ["queued"] * 3
    assert {state(d).state for d in fast} == {"sent"}
    Delivery.objects.filter(state="sent").update(began_at=timezone.now() - timedelta(seconds=61))
    Sender().run()
    assert {state(d).state for d in slow} == {"sent"}


def test_a_limit_of_a_way_counts_what_is_claimed_too(wired, write, alice):
    limits.set_limit(scope="way", name="smtp", most=2, span=3_600, by=alice)
    for n in range(5):
        write(to=f"p{n}@customer.test-mail.com")
    ledger.claim(limit=1)  # another sender is about to begin one

    Sender().run()

    assert len(wired.accepted) == 1


def test_the_narrower_of_two_limits_counts(wired, write, alice):
    limits.set_limit(scope="way", name="smtp", most=100, span=86_400, by=alice)
    limits.set_limit(scope="way", name="smtp", most=1, span=60, by=alice)
    for n in range(3):
        write(to=f"p{n}@customer.test-mail.com")

    Sender().run()

    assert len(wired.accepted) == 1


def test_limits_are_set_and_removed_on_the_page(client, alice):
    client.force_login(alice)
    fields = {"scope": "domain", "name": "Gmail.com", "most": "500", "span": "3600"}
    client.post("/settings/deliverability/limit/", fields)
    client.post("/settings/deliverability/limit/", fields | {"most": "400"})
    wrong = client.post("/settings/deliverability/limit/", fields | {"name": "gmail"})

    (limit,) = limits.SendingLimit.objects.all()
    assert (limit.name, limit.most) == ("gmail.com", 400)
    assert wrong.status_code == 422
    assert "400 an hour" in client.get("/settings/deliverability/").content.decode()
    client.post(f"/settings/deliverability/limit/{limit.pk}/remove/")
    assert not limits.SendingLimit.objects.exists()


def test_a_pause_is_shown_where_she_sends(client, max, alice):
    guarding.pause(from_address=OURS, reason="Wrong list", by=alice)
    client.force_login(max)

    for url in ("/broadcasts/", "/outbox/"):
        assert "Wrong list" in client.get(url).content.decode(), url

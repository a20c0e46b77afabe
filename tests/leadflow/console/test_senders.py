"""Whom mail comes from: added, proved by its mailbox, made the default, taken away."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from leadflow.errors import Conflict, NotAllowed
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.mail import senders
from leadflow.mail.models import Delivery, SenderIdentity
from leadflow.mail.services import queue

PAGE = "/settings/sender/"


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice)
    return client


def link_of(sender):
    row = Delivery.objects.filter(key__startswith=f"sender:{sender.pk}:").latest("id")
    return re.search(r"/senders/[\w-]+/", row.text)[0]


def a_sender(alice, email="hello@acme.example", *, verified=True):
    sender = senders.add(name="Acme", email=email, by=alice)
    if verified:
        senders.confirm(token=link_of(sender).split("/")[2])
    sender.refresh_from_db()
    return sender


def a_mail(**fields):
    n = Delivery.objects.count()
    fields = {"kind": "essential", "to": "a@x.io", "subject": "S", "text": "T"} | fields
    return queue(key=f"t:{n}", **fields)


def test_a_new_sender_gets_a_mail_with_a_link_and_waits(as_alice):
    answer = as_alice.post(PAGE, {"name": "Acme", "email": "Hello@acme.example"})

    sender = SenderIdentity.objects.get()
    mail = Delivery.objects.get()
    assert answer.status_code == 303
    assert (sender.email, sender.verified_at, sender.is_default) == (
        "hello@acme.example",
        None,
        False,
    )
    assert (mail.to_address, mail.kind) == ("hello@acme.example", "essential")
    assert "Waiting for the link" in as_alice.get(PAGE).content.decode()


def test_the_token_is_stored_only_as_a_hash(alice):
    sender = a_sender(alice, verified=False)

    assert link_of(sender).split("/")[2] not in sender.token_hash
    assert len(sender.token_hash) == 64


def test_looking_at_the_link_changes_nothing_and_the_button_verifies(client, alice):
    sender = a_sender(alice, verified=False)

    assert client.get(link_of(sender)).status_code == 200
    assert SenderIdentity.objects.get().verified_at is None
    assert "Verified" in client.post(link_of(sender)).content.decode()

    sender.refresh_from_db()
    assert (sender.verified_at is not None, sender.is_default) == (True, True)


def test_the_page_of_the_link_leaks_no_token(client, alice):
    answer = client.get(link_of(a_sender(alice, verified=False)))

    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"


def test_the_link_works_once(client, alice):
    link = link_of(a_sender(alice, verified=False))
    client.post(link)

    assert client.get(link).status_code == 403
    assert client.post(link).status_code == 403


def test_the_link_dies_after_three_days(alice):
    sender = a_sender(alice, verified=False)
    SenderIdentity.objects.update(expires_at=clock.now() - timedelta(seconds=1))

    with pytest.raises(NotAllowed):
        senders.confirm(token=link_of(sender).split("/")[2])


def test_a_new_link_ends_the_old_one(client, as_alice, alice):
    sender = a_sender(alice, verified=False)
    old = link_of(sender)

    as_alice.post(reverse("console:sender-ask", args=[sender.pk]))

    assert link_of(sender) != old
    assert client.post(old).status_code == 403
    assert client.post(link_of(sender)).status_code == 200


def test_every_mail_comes_from_the_default_sender(alice, bob):
    sender = a_sender(alice)

    mail, personal = a_mail(), a_mail(kind="personal", by=bob)

    assert (mail.from_name, mail.from_address, mail.identity) == ("Acme", sender.email, sender)
    assert (personal.from_name, personal.from_address) == (bob.name, sender.email)
    assert personal.reply_to == bob.email


def test_without_a_default_the_address_of_the_installation_sends_and_the_page_says_so(as_alice):
    assert a_mail().from_address == "leadflow@localhost.example"
    assert "leadflow@localhost.example" in as_alice.get(PAGE).content.decode()


def test_a_second_sender_becomes_the_default_only_when_asked(as_alice, alice):
    first, second = a_sender(alice), a_sender(alice, "news@acme.example")
    assert (first.is_default, second.is_default) == (True, False)

    as_alice.post(reverse("console:sender-default", args=[second.pk]))

    assert a_mail().from_address == "news@acme.example"


def test_abuse_C08_an_unverified_address_never_becomes_the_default(alice):
    sender = a_sender(alice, verified=False)

    with pytest.raises(Conflict):
        senders.make_default(sender=sender, by=alice)


def test_an_address_is_added_once(as_alice, alice):
    a_sender(alice)

    answer = as_alice.post(PAGE, {"name": "Again", "email": "HELLO@acme.example"})

    assert answer.status_code == 422
    assert "among the senders already" in answer.content.decode()


def test_an_edit_changes_name_and_replies_and_never_the_address(as_alice, alice):
    sender = a_sender(alice)
    page = reverse("console:sender-edit", args=[sender.pk])

    as_alice.post(page, {"name": "News", "reply_to": "desk@acme.example", "email": "ceo@bank.com"})

    sender.refresh_from_db()
    assert (sender.name, sender.reply_to) == ("News", "desk@acme.example")
    assert sender.email == "hello@acme.example"


def test_a_removed_sender_leaves_its_mail_and_the_installation_sends_again(as_alice, alice):
    sender = a_sender(alice)
    sent = a_mail()

    as_alice.post(reverse("console:sender-remove", args=[sender.pk]))

    sent.refresh_from_db()
    assert sent.from_address == "hello@acme.example"
    assert a_mail().from_address == "leadflow@localhost.example"


def test_each_step_of_a_sender_is_on_record_without_its_token(as_alice, alice):
    sender = a_sender(alice)
    as_alice.post(reverse("console:sender-remove", args=[sender.pk]))

    facts = Event.objects.filter(kind="setting.changed", data__name__startswith="senderidentity")
    names = list(facts.order_by("id").values_list("data__name", flat=True))
    me = f"senderidentity:{sender.pk}"
    assert names == [me, f"{me}.verified_at", f"{me}.is_default", me]


def test_the_test_mail_goes_to_oneself_from_the_default(as_alice, alice):
    a_sender(alice)

    as_alice.post(reverse("console:sender-test"))

    mail = Delivery.objects.get(key__startswith="test:")
    assert (mail.to_address, mail.from_address) == (alice.email, "hello@acme.example")


def test_the_first_week_asks_for_a_sender_until_one_is_verified(as_alice, alice):
    def step():
        steps = as_alice.get("/my-day/").context["checklist"]
        return next(s for s in steps if s.url == PAGE)

    assert not step().is_done

    a_sender(alice)

    assert step().is_done

"""Attacks at the door of inbound hooks (H08), and what its callers may cost us."""

import threading

import pytest
import time_machine
from django.db import connection
from django.test import Client

from leadflow.integrations import hooks, inbound, signing
from leadflow.integrations.models import HookCall, InboundHook
from leadflow.models import Engagement, Lead
from tests.factories.core import NOON
from tests.leadflow.integrations.calls import SECRET, a_hook, mapping, send

pytestmark = pytest.mark.django_db
DOCUMENT = mapping(email="email")
ADA = {"email": "ada@acme.example"}


def test_abuse_H08_an_unsigned_call_leaves_nothing_but_a_count(client):
    hook = a_hook(document=DOCUMENT)

    answers = [
        send(client, hook, ADA, sign=False),
        send(client, hook, ADA, secret="another secret of somebody"),
        send(client, hook, ADA, **{"X-Signature": "sha256=\u00e9"}),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert not HookCall.objects.exists()
    assert InboundHook.objects.get().refused == 3


def test_abuse_H08_an_unknown_address_and_one_switched_off_answer_alike(client, alice):
    hook = a_hook(document=DOCUMENT)
    hooks.switch(hook=hook, by=alice, is_on=False)

    off = send(client, hook, ADA)
    hook.code = "nothing-here-at-all"
    unknown = send(client, hook, ADA)

    assert (off.status_code, off.content) == (unknown.status_code, unknown.content)
    assert off.status_code == 404


def test_abuse_H08_who_guesses_signatures_is_slowed_down(client):
    hook = a_hook(document=DOCUMENT)

    with time_machine.travel(NOON, tick=False):
        last = [send(client, hook, ADA, sign=False).status_code for _n in range(31)][-1]
        good = send(client, hook, ADA).status_code

    assert last == 429
    assert good == 200  # who has the secret is let in all the same


def test_abuse_H08_a_replayed_call_is_answered_and_counts_once(client, drain_events):
    hook = a_hook(document=DOCUMENT)

    answers = [send(client, hook, ADA).json() for _n in range(3)]
    drain_events()

    assert [answer["is_new"] for answer in answers] == [True, False, False]
    assert (HookCall.objects.count(), Lead.objects.count()) == (1, 1)
    assert InboundHook.objects.get().repeated == 2


def test_abuse_H08_an_id_that_nobody_signed_does_not_make_a_replay_new(client):
    hook = a_hook(document=DOCUMENT)

    for n in range(3):
        send(client, hook, ADA, **{"Webhook-Id": f"msg_{n}"})

    assert HookCall.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_abuse_H08_fifty_copies_at_once_are_one_row_and_one_lead(drain_events):
    hook = a_hook(document=DOCUMENT)
    statuses = []

    def knock():
        statuses.append(send(Client(), hook, ADA).status_code)
        connection.close()

    threads = [threading.Thread(target=knock) for _n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drain_events()

    assert statuses == [200] * 50
    assert (HookCall.objects.count(), Lead.objects.count(), Engagement.objects.count()) == (1, 1, 1)
    assert (InboundHook.objects.get().received, InboundHook.objects.get().repeated) == (1, 49)


def test_abuse_H08_an_old_standard_call_is_refused(client):
    hook, secret = hooks.create(by=None, makes="lead", scheme="standard", name="S")
    stamp, body = "1614265330", b'{"email": "ada@acme.example"}'
    headers = {
        "webhook-id": "m1", "webhook-timestamp": stamp,
        "webhook-signature": signing.standard(secret, "m1", stamp, body),
    }  # fmt: skip

    answer = client.post(
        f"/in/{hook.code}/", body, content_type="application/json", headers=headers
    )

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"a": "' + b"x" * 64_000 + b'"}', "application/json", 413),
        (b"email=ada@acme.example", "application/x-www-form-urlencoded", 415),
        (b"<a/>", "text/xml", 415),
        (b"[" * 30_000 + b"]" * 30_000, "application/json", 400),
        (b'{"a": ' * 5_000, "application/json", 400),
        (b"\x00\x00", "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"a": ' + b"9" * 5_000 + b"}", "application/json", 400),
    ],
)
def test_abuse_H08_a_body_of_the_wrong_kind_is_refused_though_signed(client, body, kind, status):
    hook = a_hook(document=DOCUMENT)

    assert send(client, hook, body, type=kind).status_code == status
    assert not HookCall.objects.exists()


def test_abuse_H08_a_nul_inside_a_text_reaches_no_column(client, drain_events):
    hook = a_hook(document=mapping(email="email", city="city"))

    assert (
        send(client, hook, b'{"email": "ada@acme.example", "city": "Os\\u0000lo"}').status_code
        == 200
    )
    drain_events()

    assert Lead.objects.get().city == "Oslo"


def test_abuse_H08_only_posts_are_taken_and_no_cookie_is_set(client):
    hook = a_hook(document=DOCUMENT)

    assert client.get(f"/in/{hook.code}/").status_code == 405
    assert not send(client, hook, ADA).cookies


def test_abuse_H08_the_secret_is_not_readable_in_the_database(client):
    signed = a_hook()
    by_token, token = hooks.create(
        by=None, makes="lead", scheme="token", name="T", header="X-Token"
    )

    assert SECRET not in InboundHook.objects.get(pk=signed.pk).secret
    assert by_token.secret == signing.digest(token)


def test_abuse_H08_a_key_inside_the_body_is_not_kept_in_the_log(client):
    hook = a_hook(scheme="body", header="google_key")
    body = b'{"google_key": "a-secret-of-the-sender", "email": "ada@acme.example"}'

    assert send(client, hook, body, sign=False).status_code == 200

    assert SECRET not in HookCall.objects.get().body


def test_abuse_H08_an_old_secret_counts_for_a_day_and_not_where_it_became_known(client, alice):
    hook = a_hook(document=DOCUMENT)
    new = hooks.rotate(hook=hook, by=alice)

    assert send(client, hook, {"email": "a@x.example"}).status_code == 200
    assert send(client, hook, {"email": "b@x.example"}, secret=new).status_code == 200
    InboundHook.objects.update(old_until=inbound.clock.now())
    assert send(client, hook, {"email": "c@x.example"}).status_code == 401

    hooks.rotate(hook=InboundHook.objects.get(), by=alice, at_once=True)
    assert send(client, hook, {"email": "d@x.example"}, secret=new).status_code == 401

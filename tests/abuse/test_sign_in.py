"""Attacks on signing in: enumeration, stolen links, fixation, guessing, forged requests, detours."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import hashers
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leadflow.console import resets
from leadflow.mail.models import Delivery
from leadflow.people.models import User
from leadflow.services import people
from tests.factories.people import PASSWORD, UserFactory

NEW = "another long phrase 9"


@pytest.fixture(autouse=True)
def _fresh_limits(db):
    cache.clear()


def sign_in(client, email, password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **more)


def is_signed_in(client):
    return "_auth_user_id" in client.session


class Hashes:
    """How often a password was hashed."""

    def __init__(self, monkeypatch):
        self.runs = 0
        plain = hashers.MD5PasswordHasher.encode

        def counted(hasher, *args, **kwargs):
            self.runs += 1
            return plain(hasher, *args, **kwargs)

        monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)


def costs(hashes, ask):
    """Status, body, number of queries and hash runs of a request."""
    before = hashes.runs
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = ask()
    body = answer.content.decode()
    return (
        answer.status_code,
        answer.headers.get("Location"),
        len(body),
        len(queries),
        hashes.runs - before,
    )


def test_abuse_D01_sign_in_answers_alike_for_known_and_unknown(bob, monkeypatch):
    hashes = Hashes(monkeypatch)
    known, unknown = "bob@crm.example", "bub@crm.example"
    sign_in(Client(), "x@crm.example", "wrong")  # warms what is made once per process

    first = costs(hashes, lambda: sign_in(Client(), known, "wrong"))
    second = costs(hashes, lambda: sign_in(Client(), unknown, "wrong"))

    assert first == second
    assert first[4] == 1


def test_abuse_D01_reset_answers_alike_and_writes_no_mail_in_the_request(bob, monkeypatch):
    hashes = Hashes(monkeypatch)
    page = reverse("account_reset_password")
    Client().post(page, {"email": "x@crm.example"})

    first = costs(hashes, lambda: Client().post(page, {"email": "bob@crm.example"}))
    second = costs(hashes, lambda: Client().post(page, {"email": "bub@crm.example"}))

    assert first == second
    assert Delivery.objects.count() == 0


def test_abuse_D01_only_a_known_address_is_mailed_later(bob):
    for email in ("bob@crm.example", "bub@crm.example"):
        Client().post(reverse("account_reset_password"), {"email": email})

    resets.answer_waiting()

    assert [row.to_address for row in Delivery.objects.all()] == ["bob@crm.example"]
    assert mail.outbox == []


def test_abuse_D01_a_wrong_invitation_tells_nothing(alice):
    sent = people.invite(email="new@crm.example", role="rep", by=alice)
    people.revoke_invitation(invitation=sent.invitation, by=alice)

    used, unknown = (
        Client().get(reverse("console:join", args=[token])) for token in (sent.token, "A" * 22)
    )

    assert used.status_code == unknown.status_code == 403
    assert without_token(used) == without_token(unknown)


def without_token(answer):
    """The body, less the masked CSRF token that differs each time."""
    return re.sub(rb"[A-Za-z0-9]{64}", b"", answer.content)


def link_of(user):
    return resets.reset_link(user).removeprefix("http://127.0.0.1:8000")


def reset(path, password=NEW, client=None):
    """Follow a link as a person does; whether it set the password."""
    client = client or Client()
    page = client.get(path, follow=True)
    here = page.redirect_chain[-1][0] if page.redirect_chain else path
    client.post(here, {"password1": password, "password2": password})
    return client


def has_password(user, password):
    return User.objects.get(pk=user.pk).check_password(password)


def test_abuse_D02_a_reset_link_works_once(bob):
    path = link_of(bob)
    reset(path)
    assert has_password(bob, NEW)

    reset(path, "yet another phrase 1")

    assert has_password(bob, NEW)


def test_abuse_D02_a_changed_password_ends_older_links(bob):
    path = link_of(bob)
    people.set_password(user=bob, password="changed meanwhile 5", by=bob)

    reset(path)

    assert has_password(bob, "changed meanwhile 5")


def test_abuse_D02_a_changed_address_ends_older_links(bob):
    path = link_of(bob)
    people.change_user(user=bob, email="robert@crm.example", by=None)

    reset(path)

    assert has_password(bob, PASSWORD)


def test_abuse_D02_a_link_of_an_hour_ago_is_refused(bob):
    path = link_of(bob)

    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=5)):
        reset(path)

    assert has_password(bob, PASSWORD)


def test_abuse_D02_a_link_opens_no_other_account(bob, carl):
    _uid, key = link_of(bob).rstrip("/").rsplit("/", 1)[-1].split("-", 1)
    carls = link_of(carl).rstrip("/").rsplit("/", 1)[-1].split("-", 1)[0]

    reset(reverse("account_reset_password_from_key", args=[carls, key]))

    assert has_password(carl, PASSWORD)


def test_abuse_D02_a_reset_ends_every_session(client, bob):
    client.force_login(bob)

    reset(link_of(bob))

    assert client.get(reverse("console:profile")).status_code == 302


def test_abuse_D02_the_link_is_made_of_our_own_address(bob, settings):
    settings.ALLOWED_HOSTS = ["*"]
    Client().post(
        reverse("account_reset_password"), {"email": "bob@crm.example"}, HTTP_HOST="evil.example"
    )

    resets.answer_waiting()

    text = Delivery.objects.get().text
    assert "http://127.0.0.1:8000/password/new/" in text
    assert "evil" not in text


def test_abuse_D04_a_session_from_before_signing_in_is_worth_nothing(bob):
    victim = Client()
    victim.get(reverse("account_login"))
    session = victim.session
    session["planted"] = "yes"
    session.save()
    planted = session.session_key
    victim.cookies["session"] = planted

    sign_in(victim, "bob@crm.example")
    attacker = Client()
    attacker.cookies["session"] = planted

    assert is_signed_in(victim)
    assert victim.cookies["session"].value != planted
    assert attacker.get(reverse("console:profile")).status_code == 302


def test_abuse_D05_one_account_from_one_place_is_throttled(bob):
    answers = [sign_in(Client(), "bob@crm.example", "wrong").status_code for _ in range(20)]

    assert answers[:5] == [200] * 5
    assert set(answers[5:]) == {429}
    assert sign_in(Client(), "bob@crm.example").status_code == 429


def test_abuse_D05_unknown_accounts_are_throttled_alike(bob):
    answers = [sign_in(Client(), "nobody@crm.example", "wrong").status_code for _ in range(7)]

    assert answers == [200] * 5 + [429] * 2


def test_abuse_D05_the_owner_gets_in_from_a_known_device_while_others_guess(bob):
    own = Client(REMOTE_ADDR="192.0.2.200")
    sign_in(own, "bob@crm.example")
    own.post(reverse("account_logout"))

    guesses = [
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{n}"), "bob@crm.example", "wrong").status_code
        for n in range(1, 22)
    ]
    stranger = sign_in(Client(REMOTE_ADDR="192.0.2.99"), "bob@crm.example")
    owner = sign_in(own, "bob@crm.example")

    assert guesses[-1] == 429
    assert stranger.status_code == 429
    assert owner.status_code == 302


def test_abuse_D05_a_known_device_has_its_own_few_tries(bob):
    own = Client()
    sign_in(own, "bob@crm.example")
    own.post(reverse("account_logout"))

    answers = [sign_in(own, "bob@crm.example", "wrong").status_code for _ in range(7)]

    assert answers == [200] * 5 + [429] * 2


def test_abuse_D05_a_device_cookie_of_one_account_helps_with_no_other(bob, carl):
    own = Client()
    sign_in(own, "bob@crm.example")
    own.post(reverse("account_logout"))

    for _ in range(5):
        sign_in(Client(), "carl@crm.example", "wrong")

    assert sign_in(own, "carl@crm.example").status_code == 429


def test_abuse_D05_many_accounts_from_one_place_are_throttled(db):
    for n in range(25):
        UserFactory(email=f"user{n}@crm.example")

    answers = [
        sign_in(Client(), f"user{n}@crm.example", "Password123").status_code for n in range(25)
    ]

    assert answers[:20] == [200] * 20
    assert set(answers[20:]) == {429}


def test_abuse_D05_a_forged_forwarded_address_gives_no_new_tries(bob):
    answers = [
        sign_in(
            Client(), "bob@crm.example", "wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{n}"
        ).status_code
        for n in range(7)
    ]

    assert answers[5:] == [429, 429]


def test_abuse_D05_the_password_is_not_even_looked_at_when_throttled(bob, monkeypatch):
    for _ in range(5):
        sign_in(Client(), "bob@crm.example", "wrong")
    hashes = Hashes(monkeypatch)

    sign_in(Client(), "bob@crm.example")

    assert hashes.runs == 0


def test_abuse_D06_signing_in_needs_its_token(bob):
    strict = Client(enforce_csrf_checks=True)

    assert sign_in(strict, "bob@crm.example").status_code == 403
    assert not is_signed_in(strict)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "https:evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "/%09/evil.example",
        " //evil.example",
        "///evil.example",
    ],
)
def test_abuse_D08_after_sign_in_one_stays_here(bob, target):
    client = Client()

    answer = client.post(
        reverse("account_login"),
        {"login": "bob@crm.example", "password": PASSWORD, "next": target},
    )

    place = answer.headers["Location"]
    assert place == "/" or (place.startswith("/%09/") and "//" not in place)


def test_abuse_D08_a_page_of_our_own_is_where_one_goes(bob):
    answer = Client().post(
        reverse("account_login"),
        {"login": "bob@crm.example", "password": PASSWORD, "next": "/settings/profile/"},
    )

    assert answer.headers["Location"] == "/settings/profile/"

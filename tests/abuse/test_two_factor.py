"""Attacks on the second step of signing in: a code used twice, and a way around the step."""

import time

import pytest
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.factories.people import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def guarded(bob):
    """Bob, who signs in with an authenticator app as well."""
    cache.clear()
    auth.TOTP.activate(bob, SECRET)
    return bob


def code() -> str:
    """What his app shows now."""
    return auth.format_hotp_value(auth.hotp_value(SECRET, int(time.time()) // 30))


def half_in(user) -> Client:
    """A browser that has given the password and not yet the code."""
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/leads/").status_code == 200


def test_abuse_D12_the_code_lets_its_owner_in(guarded):
    client = half_in(guarded)

    client.post(reverse("mfa_authenticate"), {"code": code()})

    assert is_in(client)


def test_abuse_D12_a_code_that_was_used_is_refused(guarded):
    shown = code()
    half_in(guarded).post(reverse("mfa_authenticate"), {"code": shown})
    thief = half_in(guarded)

    thief.post(reverse("mfa_authenticate"), {"code": shown})

    assert not is_in(thief)


@pytest.mark.parametrize("path", ["/", "/leads/", "/settings/", "/two-factor/", "/api/v1/leads/"])
def test_abuse_D12_no_address_leads_around_the_step(guarded, path):
    client = half_in(guarded)

    answer = client.get(path)

    assert answer.status_code in {302, 401, 403}
    assert "_auth_user_id" not in client.session


def test_abuse_D12_a_wrong_code_lets_nobody_in(guarded):
    client = half_in(guarded)

    client.post(reverse("mfa_authenticate"), {"code": "000000" if code() != "000000" else "1"})

    assert not is_in(client)

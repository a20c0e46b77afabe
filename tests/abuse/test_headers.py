"""Cookies and headers, on http and on https."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.people import PASSWORD

ROOT = Path(__file__).parent.parent.parent
ASK = """
import json, django
django.setup()
from django.conf import settings as s
print(json.dumps({n: getattr(s, n) for n in (
    "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME",
    "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
    "CSRF_COOKIE_SAMESITE", "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT")}))
"""


def settings_at(address):
    """The product's settings as another process reads them."""
    env = {
        **os.environ,
        "PUBLIC_BASE_URL": address,
        "SECRET_KEY": "x" * 60,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere",
        "DJANGO_SETTINGS_MODULE": "leadflow.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_abuse_D11_on_https_cookies_are_secure_and_bound_to_the_host():
    found = settings_at("https://crm.example")

    assert found["SESSION_COOKIE_NAME"] == "__Host-session"
    assert found["CSRF_COOKIE_NAME"] == "__Host-csrf"
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert found["SECURE_SSL_REDIRECT"]


def test_abuse_D11_on_http_only_secure_and_the_prefix_are_missing():
    found = settings_at("http://127.0.0.1:8000")

    assert found["SESSION_COOKIE_NAME"] == "session"
    assert found["SESSION_COOKIE_HTTPONLY"]
    assert found["CSRF_COOKIE_HTTPONLY"]
    assert found["SESSION_COOKIE_SAMESITE"] == found["CSRF_COOKIE_SAMESITE"] == "Lax"


@pytest.mark.django_db
def test_abuse_D11_the_cookies_of_a_sign_in_carry_their_flags(bob):
    client = Client()

    client.get(reverse("account_login"))
    client.post(reverse("account_login"), {"login": bob.email, "password": PASSWORD})

    for name in ("session", "csrf", "device"):
        cookie = client.cookies[name]
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
        assert cookie["path"] == "/", name
        assert not cookie["domain"], name


@pytest.mark.django_db
def test_abuse_D11_on_https_every_answer_and_cookie_says_so(bob, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = 31_536_000, True
    client = Client()

    page = client.get(reverse("account_login"), secure=True)
    client.post(reverse("account_login"), {"login": bob.email, "password": PASSWORD}, secure=True)

    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    for name in ("__Host-session", "__Host-csrf", "__Host-device"):
        assert client.cookies[name]["secure"], name
    assert client.get(reverse("account_login")).status_code == 301


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in/", "/no-such-page/", "/settings/", "/invitations/x/"])
def test_abuse_D11_every_answer_carries_the_policy(client, bob, path):
    answer = client.get(path)

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]

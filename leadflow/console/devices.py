"""Browsers that somebody has signed in with before: a signed cookie, of use only against lock-outs.

It lets nobody in. Whoever holds one for an address counts her wrong passwords apart from strangers'
tries at the same address. The cookie names the address by a keyed hash and itself by a nonce.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from leadflow.kit import ids, tokens

PURPOSE = "device.v1"
LASTS = timedelta(days=180)


def name() -> str:
    """The cookie's name; bound to our host where the connection is encrypted."""
    return "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"


def known(request: HttpRequest, email: str) -> str:
    """The nonce of a browser that this address signed in with, else an empty string."""
    try:
        content = signing.loads(request.COOKIES.get(name(), ""), salt=PURPOSE, max_age=LASTS)
    except signing.BadSignature:
        return ""
    return str(content["n"]) if content.get("e") == _mark(email) else ""


def remember(response: HttpResponse, email: str) -> None:
    """Give the browser its cookie."""
    content = {"e": _mark(email), "n": ids.token()}
    response.set_cookie(
        name(),
        signing.dumps(content, salt=PURPOSE),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _mark(email: str) -> str:
    return tokens.keyed_hash(settings.SECRET_KEY, PURPOSE, email.strip().lower())

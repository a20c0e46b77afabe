"""Signing in at a provider: authorization code with PKCE and state (RFC 6749, 7636), then tokens.

What stands between the two requests (state, verifier, the address) is kept sealed in the session by the
view; a state is good once and for ten minutes.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from leadflow import net
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.mail import presets
from leadflow.mail.presets import PRESETS

GOOD_FOR = timedelta(minutes=10)
_EARLY = timedelta(minutes=2)


class Revoked(Exception):
    """The provider gives no token any more: she has to sign in again."""


class Unavailable(Exception):
    """The provider could not be asked now."""


@dataclass(frozen=True)
class Asked:
    """A sign-in that was begun."""

    state: str
    verifier: str
    preset: str
    address: str
    until: datetime


@dataclass(frozen=True)
class Tokens:
    """What the provider gave; `refresh` is empty where the old one stays good."""

    access: str
    refresh: str
    until: datetime


def begin(preset: str, address: str, back: str) -> tuple[Asked, str]:
    """A new sign-in, and the address of the provider to send her to."""
    asked = Asked(
        secrets.token_urlsafe(32), secrets.token_urlsafe(48), preset, address,
        clock.now() + GOOD_FOR,
    )  # fmt: skip
    digest = hashlib.sha256(asked.verifier.encode()).digest()
    told = {
        "client_id": presets.client_of(preset)[0],
        "redirect_uri": back,
        "response_type": "code",
        "scope": PRESETS[preset].scope,
        "state": asked.state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "login_hint": address,
        "access_type": "offline",
        "prompt": "consent",
    }
    return asked, f"{PRESETS[preset].authorize}?{urlencode(told)}"


def finish(asked: Asked | None, *, state: str, code: str, back: str) -> Tokens:
    """The tokens for a code. Raises Invalid where the answer does not belong to what was asked."""
    if asked is None or not secrets.compare_digest(asked.state, state) or not code:
        raise Invalid(_("This sign-in was not begun here. Begin again."))
    if asked.until < clock.now():
        raise Invalid(_("This took longer than ten minutes. Begin again."))
    told = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": asked.verifier,
    }
    try:
        tokens = _ask(asked.preset, told)
    except (Revoked, Unavailable) as error:
        raise Invalid(_("The provider gave no access: %(why)s") % {"why": error}) from error
    if not tokens.refresh:
        raise Invalid(_("The provider gave access for an hour only. Begin again and allow it."))
    return tokens


def refresh(preset: str, token: str) -> Tokens:
    """New tokens. Raises Revoked where she has to sign in again, Unavailable to try later."""
    return _ask(preset, {"grant_type": "refresh_token", "refresh_token": token})


def _ask(preset: str, told: dict[str, str]) -> Tokens:
    client, secret = presets.client_of(preset)
    body = urlencode(told | {"client_id": client, "client_secret": secret}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = net.post(presets.token_url(preset), body=body, headers=headers)
    except net.Unreachable as error:
        raise Unavailable(str(error)) from error
    if answer.status >= 500 or answer.status == 429:
        raise Unavailable(f"{answer.status}")
    found = _json(answer.body)
    access = found.get("access_token")
    if answer.status != 200 or not isinstance(access, str) or not access:
        why = str(found.get("error_description") or found.get("error") or answer.status)
        raise Revoked(why[:200])
    lasts = found.get("expires_in")
    seconds = lasts if isinstance(lasts, int) and 0 < lasts < 1_000_000 else 3_600
    until = clock.now() + timedelta(seconds=seconds) - _EARLY
    return Tokens(access, str(found.get("refresh_token") or ""), until)


def _json(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

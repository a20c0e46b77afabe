"""Who knocks without a session: the address, how often it may guess at links, and the page she is shown."""

import time
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.models import Organisation
from leadflow.web.cache import count

MISSES_PER_MINUTE = 30
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SEALED = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}


def visitor_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page for whoever holds a link: in the organisation's colour and language, learnt by nobody else."""
    brand = Organisation.current()
    with override(brand.language):
        response = render(request, template, {"brand": brand, **context}, status=status)
    return sealed(response)


def sealed(response: HttpResponse) -> HttpResponse:
    """Nobody learns the token: no referrer, no cache, no index; and nothing runs."""
    for name, value in SEALED.items():
        response.headers[name] = value
    return response


def address_of(request: HttpRequest) -> str | None:
    """Where a request came from, seen past as many proxies as are ours (`TRUSTED_PROXIES`).

    Each proxy adds to the right of X-Forwarded-For whom it heard; what a visitor wrote there herself
    stands further left and is never looked at.
    """
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    chain = [*filter(None, seen), request.META.get("REMOTE_ADDR", "")]
    told = chain[max(0, len(chain) - 1 - settings.TRUSTED_PROXIES)]
    try:
        return str(ip_address(told))
    except ValueError:
        return request.META.get("REMOTE_ADDR") or None


def slowed_down(request: HttpRequest) -> HttpResponse | None:
    """Count a token that was none; a 429 for an address that guesses, else None.

    Called for misses only: whoever holds a true link gets in, however often others guess.
    """
    minute = int(time.time()) // 60
    key = f"misses:{address_of(request) or '?'}:{minute}"
    if count(key, 120) <= MISSES_PER_MINUTE:
        return None
    response = HttpResponse(
        _("Too many links that lead nowhere. Try again in a minute.") + "\n",
        status=429,
        content_type="text/plain; charset=utf-8",
    )
    response.headers["Retry-After"] = "60"
    return response


def knocks_too_often(request: HttpRequest, door: str) -> bool:
    """Count one knock at a door that costs something; whether its address used up this minute."""
    most, minute = settings.FORM_POSTS_PER_MINUTE, int(time.time()) // 60
    key = f"knocks:{door}:{address_of(request) or '?'}:{minute}"
    return most > 0 and count(key, 120) > most


def missed(request: HttpRequest) -> HttpResponse:
    """What a link that was never made leads to. Raises Http404 unless there were too many."""
    if (slow := slowed_down(request)) is None:
        raise Http404
    return slow

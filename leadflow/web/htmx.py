"""Pages and their parts: one template, a named part of it for htmx, and what a part may tell the page."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from leadflow.models import Organisation
from leadflow.people.models import User


class HtmxHttpRequest(HttpRequest):
    """A signed-in request as views see it, for annotations only."""

    htmx: HtmxDetails
    user: User
    organisation: Organisation


def render_part(
    request: HttpRequest,
    template: str,
    part: str,
    context: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page, or only `part` of it ({% partialdef part %}) when htmx asks."""
    name = f"{template}#{part}" if is_part(request) else template
    response = render(request, name, context or {}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def is_part(request: HttpRequest) -> bool:
    """Whether htmx wants a fragment: not for a boosted link, nor when it restores its history."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    return bool(htmx) and not (htmx.boosted or htmx.history_restore_request)  # type: ignore[union-attr]


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """After a POST: see other; htmx loads the page whole."""
    if is_part(request):
        return HttpResponseClientRedirect(url)
    return HttpResponse(status=303, headers={"Location": url})


def back_to(request: HttpRequest, usual: str) -> str:
    """Where `next` of form or address asks to go after a POST: a page of ours, else the usual one."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours else usual


def done(
    request: HttpRequest, message: str = "", *, undo: str = "", back: str = "/", **events: Any
) -> HttpResponse:
    """Nothing to swap: 204 with a toast and events for htmx, else back to `back` with a message."""
    if not is_part(request):
        if message:
            say(request, message, undo=undo)
        return HttpResponse(status=303, headers={"Location": back})
    response = HttpResponse(status=204)
    if message:
        toast(response, message, undo=undo)
    return trigger(response, **events) if events else response


def say(request: HttpRequest, message: str, *, undo: str = "") -> None:
    """Show one line on the next page for ten seconds; `undo` as for `toast`."""
    messages.success(request, message, extra_tags=undo)


def toast(response: HttpResponse, message: str, *, undo: str = "") -> HttpResponse:
    """Show one line at the bottom left for ten seconds; `undo` is the URL that its button posts to."""
    detail = {"text": str(message)} | ({"undo": undo} if undo else {})
    return trigger(response, **{"lf:toast": detail})


def trigger(response: HttpResponse, **events: Any) -> HttpResponse:
    """Raise events on the page; those already there stay."""
    present = json.loads(response.headers.get("HX-Trigger", "{}"))
    # ASCII only: a header carries no other letters
    response.headers["HX-Trigger"] = json.dumps(present | events)
    return response

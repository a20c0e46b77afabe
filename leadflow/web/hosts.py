"""Host names of the organisation: there visitors' doors answer, and none of the application's."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.http.request import split_domain_port
from django.shortcuts import render

from leadflow.services import hosts

Respond = Callable[[HttpRequest], HttpResponseBase]
_HOST = re.compile(r"^[a-z0-9.-]{4,253}$")


def origin_of(request: HttpRequest) -> str:
    """Scheme and host by which a visitor came: a host name of ours, else the application's own."""
    return getattr(request, "public_origin", "") or str(settings.PUBLIC_BASE_URL)


class HostMiddleware:
    """Lets a request in by a public host name, as one of the application's host from here on.

    First of all middleware: whoever asks for the host later sees one that is allowed. A name that
    nobody added stays what it is, and is refused by Django.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
        if not _HOST.match(name) or name in settings.ALLOWED_HOSTS:
            return self.get_response(request)
        if request.path == hosts.PROOF_PATH and (proof := hosts.proof_of(name)):
            return HttpResponse(proof, content_type="text/plain")
        host = hosts.answering(name)
        if host is None:
            return self.get_response(request)
        origin = hosts.url_of(host.name)
        request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0]
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return HttpResponseRedirect(origin + request.get_full_path(), status=301)
        if request.path == "/" and host.home_url:
            return HttpResponseRedirect(host.home_url)
        request.public_origin = origin  # type: ignore[attr-defined]
        response = self.get_response(request)
        return nothing_here(request) if response.status_code == 404 else response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> None:
        """Only doors for visitors exist here; sign-in and everything behind it does not."""
        if hasattr(request, "public_origin") and not is_for_visitors(view):
            raise Http404


def is_for_visitors(view: Callable[..., Any]) -> bool:
    """Whether a door is open, and not one of those through which staff come in."""
    return hasattr(view, "open_because") and not getattr(view, "app_only", False)


def nothing_here(request: HttpRequest) -> HttpResponse:
    """A 404 without a trace of the application."""
    return render(request, "web/nothing.html", status=404)

"""Who may open a door: every view is stamped with a permission, or with the reason why it is open."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import urlencode
from django_htmx.middleware import HtmxDetails

from leadflow.people.access import PERMISSIONS, require

P = ParamSpec("P")
View = Callable[Concatenate[Any, P], HttpResponseBase]


def access(permission: str) -> Callable[[View[P]], View[P]]:
    """Let in whoever holds `permission`: a stranger goes to sign-in, another role meets a 403.

    Which records she may touch is the view's own question (`visible_to`, `require(user, perm, obj)`).
    """
    if permission not in PERMISSIONS:
        raise ImproperlyConfigured(f"{permission!r} is not in leadflow.people.access.PERMISSIONS")

    def gate(view: View[P]) -> View[P]:
        @wraps(view)
        def gated(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_sign_in(request)
            require(request.user, permission)
            return view(request, *args, **kwargs)

        gated.permission = permission  # type: ignore[attr-defined]
        return gated

    return gate


def public(why: str, *, app_only: bool = False) -> Callable[[View[P]], View[P]]:
    """Leave a door open to everybody; `why` is read by the guard test and by the next reader.

    `app_only` is for the ways in of staff: on the organisation's own host names they do not exist.
    """
    if not why:
        raise ImproperlyConfigured("An open door needs its reason.")

    def stamp(view: View[P]) -> View[P]:
        @wraps(view)
        def open_view(
            request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            return view(request, *args, **kwargs)

        open_view.open_because = why  # type: ignore[attr-defined]
        open_view.app_only = app_only  # type: ignore[attr-defined]
        return open_view

    return stamp


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a stranger to sign-in and back; htmx is told to leave the page rather than swap it."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    page = (htmx and htmx.current_url_abs_path) or request.get_full_path()
    target = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page})}"
    if htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponse(status=302, headers={"Location": target})

"""What happens around every view: errors become sentences, and the page speaks as its reader does."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from leadflow.errors import (
    Conflict,
    Invalid,
    InvalidTransition,
    LeadflowError,
    NotAllowed,
    StaleVersion,
)
from leadflow.kit import days, figures
from leadflow.kit.remembering import remembering
from leadflow.models import Organisation
from leadflow.people.models import User
from leadflow.web.htmx import is_part

Respond = Callable[[HttpRequest], HttpResponseBase]

# kind of error -> status; the first that fits counts
STATUS: list[tuple[type[LeadflowError], int]] = [
    (NotAllowed, 403),
    (Invalid, 422),
    (InvalidTransition, 409),
    (Conflict, 409),
    (LeadflowError, 404),
]


class ErrorMiddleware:
    """Turns a LeadflowError into a page, or for htmx into a strip at the top of the content."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer the errors that LeadFlow raises on purpose; all others stay Django's.

        Django's own 404 is answered for htmx only: its page would be swapped into the middle of ours.
        """
        if isinstance(error, Http404) and is_part(request):
            error = LeadflowError(_("It was moved or removed, or it belongs to another team."))
        if not isinstance(error, LeadflowError):
            return None
        status = next(code for kind, code in STATUS if isinstance(error, kind))
        context = {
            "status": status,
            "heading": heading_of(status, error),
            "sentence": error.message,
            "kind": "warn" if status in (409, 422) else "bad",
            "error": error,
        }
        if not is_part(request):
            return render(request, "errors/page.html", context, status=status)
        response = render(request, "errors/strip.html", context, status=status)
        response.headers["HX-Retarget"] = "#lf-notices"
        response.headers["HX-Reswap"] = "innerHTML show:window:top"
        return response


def heading_of(status: int, error: LeadflowError) -> str:
    """The first words of a refusal."""
    if isinstance(error, StaleVersion):
        return _("Somebody was faster")
    return {
        403: _("You may not do this"),
        404: _("There is nothing here"),
        409: _("This cannot be done now"),
        422: _("This cannot be saved yet"),
    }[status]


class PersonMiddleware:
    """Time zone and language of the person, and no copy of her pages in any cache.

    Open doors (`@public`) are left alone: they read no session and so set no cookie. What only reads
    asks for the organisation, its fields and its rules once.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        reads = request.method in ("GET", "HEAD")
        try:
            with remembering() if reads else nullcontext():
                response = self.get_response(request)
        finally:
            timezone.deactivate()
            days.deactivate()
            figures.deactivate()
        if getattr(request, "is_personal", False) and "Cache-Control" not in response.headers:
            patch_cache_control(response, no_store=True)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> None:
        """Before the view runs, so that the view formats and parses as she does."""
        if hasattr(view, "open_because") or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        user = request.user
        if isinstance(user, User):
            request.is_personal = True  # type: ignore[attr-defined]
            # read here once, so that rendering a page asks the database for nothing
            organisation = Organisation.current()
            request.organisation = organisation  # type: ignore[attr-defined]
            speak_as(user, organisation)


def speak_as(user: User, organisation: Organisation) -> None:
    """Activate her language and time zone, else the organisation's, and how days and figures are written."""
    days.activate(organisation.date_format)
    figures.activate(organisation.number_format)
    translation.activate(user.language or organisation.language or settings.LANGUAGE_CODE)
    try:
        timezone.activate(ZoneInfo(user.time_zone or organisation.time_zone or settings.TIME_ZONE))
    except (ZoneInfoNotFoundError, ValueError):
        timezone.deactivate()

"""The page of a meeting type, and what its visitor does with her booking. Works without a script.

A GET shows, a POST changes. The token in a booking's address is the permission for that booking alone.
"""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.crypto import get_random_string
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from capture import rules
from capture.forms.booking import BookerForm
from capture.forms.intake import HONEYPOT
from capture.selectors.offered import offer, zone_or_ours
from capture.services import booking as visitors
from capture.services import limits
from capture.views.public import policy
from leadflow.calendars import bookings, letters, links
from leadflow.calendars.models import Booking, MeetingType
from leadflow.calendars.selectors import bookable
from leadflow.errors import Conflict
from leadflow.kit import zones
from leadflow.kit.ics import Method, media_type
from leadflow.web.gate import public
from leadflow.web.visitors import address_of, missed, sealed, visitor_page
from leadflow.web.zones import ZoneSelect, zone_choices

_TZ = {"class": "form-select", "id": "tz"}


def _meeting(slug: str) -> MeetingType:
    found = bookable(slug)
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page whose one script tells the visitor's time zone."""
    template = f"capture/public/booking/{name}.html"
    response = visitor_page(request, template, context, status=status)
    response.headers["Content-Security-Policy"] = policy(None)
    return response


def _day(request: HttpRequest, name: str) -> date | None:
    try:
        return parse_date(request.GET.get(name, ""))
    except ValueError:
        return None


@public("visitors book a time")
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a time, then say who you are; a post of both books it."""
    meeting = _meeting(slug)
    if request.method == "POST":
        return _book(request, meeting)
    chosen = zones.read(request.GET.get("at", ""))
    if chosen is None:
        return _choose(request, meeting)
    lead = links.known_lead(meeting, request.GET.get("for", ""))
    form = BookerForm(meeting=meeting, lead=lead)
    return _details(request, meeting, form, request.GET["at"], key=get_random_string(24))


def _choose(request: HttpRequest, meeting: MeetingType) -> HttpResponse:
    zone = zone_or_ours(request.GET.get("tz"))
    token = request.GET.get("for", "")
    free = offer(meeting, zone=zone, first=_day(request, "from"))
    context = {
        "meeting": meeting,
        "offer": free,
        "day": free.on(_day(request, "day")),
        "zones": ZoneSelect(_TZ, zone_choices()).render("tz", zone),
        "is_guess": "tz" not in request.GET,
        "token": token if links.known_lead(meeting, token) else "",
    }
    return _page(request, "choose", context)


def _details(
    request: HttpRequest,
    meeting: MeetingType,
    form: BookerForm,
    chosen: str,
    *,
    key: str,
    note: str = "",
    status: int = 200,
) -> HttpResponse:
    """Who comes; where the time is gone the free ones stand in the same form, nothing typed is lost."""
    token = str(request.POST.get("for") or request.GET.get("for", ""))
    lead = links.known_lead(meeting, token)
    at, zone = zones.read(chosen) or (None, zone_or_ours(None))
    context = {
        "meeting": meeting, "form": form, "key": key, "note": note, "honeypot": HONEYPOT,
        "token": token if lead else "", "lead": lead, "chosen": chosen,
        "when": letters.moment(at, zone) if at and not note else "",
        "day": at.astimezone(ZoneInfo(zone)).date() if at else None,
        "offer": offer(meeting, zone=zone) if note else None, "zone": zone,
    }  # fmt: skip
    return _page(request, "details", context, status=status)


def _book(request: HttpRequest, meeting: MeetingType) -> HttpResponse:
    if wait := limits.retry_after(
        "book", address_of(request) or "?", settings.FORM_POSTS_PER_MINUTE
    ):
        return _slow_down(request, wait)
    told = {key: rules.storable(str(value)) for key, value in request.POST.items()}
    lead = links.known_lead(meeting, told.get("for", ""))
    form = BookerForm(told, meeting=meeting, lead=lead)
    chosen, key = zones.read(told.get("at", "")), rules.client_id(told.get("key")) or get_random_string(24)  # fmt: skip
    if told.get(HONEYPOT):
        raise Http404  # nobody who reads the page fills it in
    note = "" if chosen else _("Choose a time.")
    if chosen and form.is_valid():
        try:
            made = visitors.of_visitor(
                meeting=meeting, starts_at=chosen[0], zone=chosen[1], told=form.cleaned_data,
                key=f"{meeting.pk}:{key}", known=lead,
            )  # fmt: skip
        except Conflict as refusal:
            note = refusal.message
        else:
            return HttpResponseRedirect(f"/booked/{links.token_of(made)}/", status=303)
    return _details(request, meeting, form, told.get("at", ""), key=key, note=note, status=422)


@public("a visitor looks at her booking; the signed token is the permission")
@require_safe
def booked(request: HttpRequest, token: str) -> HttpResponse:
    """What is booked, and the ways to change it."""
    booking = links.of_token(token)
    return missed(request) if booking is None else _booked(request, booking, token)


def _booked(
    request: HttpRequest, booking: Booking, token: str, *, note: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "booking": booking, "token": token, "when": letters.when(booking), "note": note,
        "where": letters.where(booking), "is_open": bookings.is_open(booking),
    }  # fmt: skip
    return _page(request, "booked", context, status=status)


@public("a visitor takes her booking into her calendar; the signed token is the permission")
@require_safe
def file(request: HttpRequest, token: str) -> HttpResponse:
    """The booking as a calendar file."""
    booking = links.of_token(token)
    if booking is None:
        return missed(request)
    stands = booking.state == Booking.State.BOOKED
    method = Method.PUBLISH if stands else Method.CANCEL
    content = letters.calendar(booking, method)
    response = HttpResponse(content, content_type=media_type(method))
    response.headers["Content-Disposition"] = 'attachment; filename="meeting.ics"'
    return sealed(response)


@public("a visitor cancels her booking; the signed token is the permission")
@csrf_exempt
@require_POST
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Give the time back."""
    booking = links.of_token(token)
    if booking is None:
        return missed(request)
    try:
        bookings.cancel(booking=booking)
    except Conflict as refusal:
        return _booked(request, booking, token, note=refusal.message, status=409)
    return HttpResponseRedirect(f"/booked/{token}/", status=303)


@public("a visitor moves her booking; the signed token is the permission")
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, token: str) -> HttpResponse:
    """Choose another time; a post takes it."""
    booking = links.of_token(token)
    if booking is None:
        return missed(request)
    if not bookings.is_open(booking):
        return _booked(request, booking, token)
    note = ""
    if request.method == "POST":
        chosen = zones.read(request.POST.get("at", ""))
        note = _moved(booking, chosen[0]) if chosen else _("Choose a time.")
        if not note:
            return HttpResponseRedirect(f"/booked/{token}/", status=303)
    zone = zone_or_ours(request.GET.get("tz") or letters.zone_of(booking))
    free = offer(booking.meeting_type, zone=zone, first=_day(request, "from"), besides=booking)
    context = {
        "booking": booking, "token": token, "when": letters.when(booking), "note": note,
        "offer": free, "meeting": booking.meeting_type,
    }  # fmt: skip
    return _page(request, "move", context, status=422 if note else 200)


def _moved(booking: Booking, starts_at: Any) -> str:
    """Why it could not be moved, or nothing."""
    try:
        bookings.move(booking=booking, starts_at=starts_at)
    except Conflict as refusal:
        return refusal.message
    return ""


def _slow_down(request: HttpRequest, wait: int) -> HttpResponse:
    told = {"message": _("Too many at once. Try again in a minute.")}
    response = visitor_page(request, "capture/public/refused.html", told, status=429)
    response.headers["Retry-After"] = str(wait)
    return response

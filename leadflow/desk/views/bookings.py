"""What visitors booked: the diary of bookings, who did not come, and calling one off."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.calendars import bookings
from leadflow.calendars.models import Booking, MeetingType
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect
from leadflow.web.templatetags.formats import when

MOST = 100


@access("meeting.view")
def booking_list(request: HtmxHttpRequest) -> HttpResponse:
    """What is to come, or what was, newest first; and the pages on which it is booked."""
    now, is_past = clock.now(), request.GET.get("tab") == "past"
    rows = Booking.objects.visible_to(request.user).select_related("meeting_type", "host", "lead")
    if is_past:
        rows = rows.filter(starts_at__lte=now).order_by("-starts_at", "-id")
    else:
        rows = rows.standing().filter(starts_at__gt=now).order_by("starts_at", "id")
    context = {
        "rows": rows[:MOST],
        "is_past": is_past,
        "meetings": MeetingType.objects.visible_to(request.user).open_to_visitors(),
        "may_act": allowed(request.user, "activity.add"),
        "may_arrange": allowed(request.user, "meeting.edit"),
    }
    return render(request, "desk/bookings.html", context)


def _or_404(request: HtmxHttpRequest, pk: int) -> Booking:
    return get_object_or_404(Booking.objects.visible_to(request.user), pk=pk)


@require_POST
@access("activity.add")
def booking_missed(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """She did not come."""
    booking = bookings.miss(booking=_or_404(request, pk), by=request.user)
    messages.success(request, _("Noted: %(who)s did not come.") % {"who": booking.lead.name})
    return redirect(request, "/bookings/?tab=past")


@require_POST
@access("activity.add")
def booking_cancel(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Call it off; the visitor is told by mail, with a link to book another time."""
    bookings.cancel(booking=_or_404(request, pk), by=request.user)
    messages.success(request, _("Cancelled. A mail with the way to another time is on its way."))
    return redirect(request, "/bookings/")


@require_POST
@access("activity.add")
def booking_move(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Move it to another free time, from my day; the visitor is told, and her calendar follows."""
    booking, at = _or_404(request, pk), parse_datetime(request.POST.get("at", "")[:40])
    if at is None or at.tzinfo is None:
        raise Invalid(_("Choose the time to which the meeting moves."))
    bookings.move(booking=booking, starts_at=at, by=request.user)
    told = _("Moved to %(when)s. A mail says so.") % {"when": when(at)}
    return done(request, told, undo="", back="/my-day/", **{"lf:queue": {"next": True}})
